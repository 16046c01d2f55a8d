// What a run of many viewers came to, for people (lines, a picture) and for programs (JSON).
#pragma once

#include <string>

#include "viewers/fleet.h"

namespace spacecast::viewers {

// {"urls","viewers","seconds","requests","bytes","parts":{"count","p50","p95","p99","max"},"playlists":{…},"start":{…},
//  "stalls","stalledSeconds","jumps","errors":{"404":n,…},"timeline":[{"viewers","p50","p95","p99","stalls","errors",
//  "bytes"},…]}; delays in seconds.
[[nodiscard]] std::string render_json(const Fleet::Options& options, const Tally& tally);

// Some lines of text.
[[nodiscard]] std::string render_text(const Tally& tally);

// Delay of the parts over time, as an SVG document: median, 95th and 99th percentile, and how many
// watched.
[[nodiscard]] std::string render_svg(const Fleet::Options& options, const Tally& tally);

}  // namespace spacecast::viewers
