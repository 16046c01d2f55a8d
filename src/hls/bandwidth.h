// BANDWIDTH and AVERAGE-BANDWIDTH of a rendition (RFC 8216bis §4.4.6.2), from what its encoder was
// told, where its tags say so, or what its first segment was, whichever is more: a still picture at
// the start does not promise that it stays one. Container overhead is added. The peak is taken to
// be half above the nominal rate, the most that an encoder with a one-second buffer makes of a
// two-second segment.
#pragma once

#include <cstdint>

#include "base/media_time.h"

namespace spacecast::hls {

struct FirstSegment {
  std::uint64_t bytes = 0;
  MediaTime duration{};
};

// In bit/s.
struct Bandwidth {
  std::uint32_t peak = 0, average = 0;
};

// `nominal`: what the encoder says of itself, in bit/s; 0 where it does not.
[[nodiscard]] Bandwidth estimate_bandwidth(std::uint32_t nominal, const FirstSegment& measured,
                                           double samples_per_second, MediaTime part_target);

}  // namespace spacecast::hls
