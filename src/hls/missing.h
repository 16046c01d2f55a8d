// Stand-ins for segments that an archive does not have, so that numbers stay consecutive and the
// recording says how long what is missing was (EXT-X-GAP, RFC 8216bis §4.4.4.7).
#pragma once

#include <cstddef>
#include <vector>

#include "hls/record.h"

namespace spacecast::hls {

// What stands for all that came after what the rendition has, up to `next`, which is not the next
// one by order. Nothing is known of it but how many segments they were and when `next` starts: they
// share the time evenly. One in progress is completed as the first of them. Parts are not longer
// than `part_max`.
[[nodiscard]] std::vector<PartEntry> fill_hole(const Record::Rendition& rendition,
                                               const Segment& next, MediaTime part_max);

// What stands for a segment of `rendition` that only another rendition has: gaps of that one's
// parts.
[[nodiscard]] std::vector<PartEntry> stand_in(const Record::Rendition& rendition,
                                              const Segment& other);

}  // namespace spacecast::hls
