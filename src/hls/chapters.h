// Chapters by speaker, for players that show where in a recording somebody talks: the JSON that
// Apple's players take from EXT-X-SESSION-DATA with DATA-ID "com.apple.hls.chapters" (Apple,
// "Providing JavaScript Object Notation (JSON) chapters").
#pragma once

#include <string>
#include <string_view>

#include "hls/store.h"

namespace spacecast::hls {

inline constexpr std::string_view kChaptersName = "chapters.json";

// One chapter for each time that somebody was on air, on the time line of the playlist: seconds of
// media from the first segment on. Empty where nobody ever was.
[[nodiscard]] std::string render_chapters(const Snapshot& presentation);

// The line of the multivariant playlist that names them (RFC 8216bis §4.4.6.4).
[[nodiscard]] std::string chapters_tag();

}  // namespace spacecast::hls
