// The mixer's time grid: stereo frames at 48 kHz, counted from running time 0, in ticks of 20 ms.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/media_time.h"

namespace spacecast::mix {

inline constexpr std::int64_t kRate = 48'000;
inline constexpr MediaTime kTick = std::chrono::milliseconds(20);
inline constexpr std::size_t kTickFrames = 960;
// How long a sound takes to come or go where it does not do so by itself: 5 ms.
inline constexpr std::int64_t kFade = 240;

// Full scale is 1.0.
struct Frame {
  float left = 0;
  float right = 0;
  bool operator==(const Frame&) const = default;
};

[[nodiscard]] inline float peak(std::span<const Frame> frames) {
  float highest = 0;
  for (const Frame& frame : frames) {
    highest = std::max(highest, std::max(std::abs(frame.left), std::abs(frame.right)));
  }
  return highest;
}

// From 0 to 1 without a corner at either end.
[[nodiscard]] inline float fade_shape(float x) {
  return x * x * (3 - 2 * x);
}

}  // namespace spacecast::mix
