// Media time counted in ticks of a track's timescale, rounded to the nearest.
#pragma once

#include <cstdint>

#include "base/media_time.h"

namespace spacecast::media {

using Ticks = std::int64_t;

[[nodiscard]] constexpr Ticks scale(std::int64_t value, std::int64_t from, std::int64_t to) {
  // Whole seconds apart, so that days of nanoseconds do not overflow; rounded down, then to
  // nearest.
  std::int64_t whole = value / from;
  std::int64_t rest = value % from;
  if (rest < 0) {
    rest += from;
    --whole;
  }
  return whole * to + (rest * to + from / 2) / from;
}

[[nodiscard]] constexpr Ticks to_ticks(MediaTime time, std::uint32_t timescale) {
  return scale(time.count(), 1'000'000'000, timescale);
}

[[nodiscard]] constexpr MediaTime to_media_time(Ticks ticks, std::uint32_t timescale) {
  return MediaTime(scale(ticks, timescale, 1'000'000'000));
}

}  // namespace spacecast::media
