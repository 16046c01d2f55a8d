// The value of a sampled signal between two samples: a windowed sinc of 32 taps, flat to 20 kHz at
// 48 kHz. On a sample it gives that sample. For two rates that differ by some hundred ppm at most;
// it does not filter, so it is no converter from one standard rate to another.
//
// Why not a library's resampler: theirs take the ratio of two integers and round the phase at each
// change. Here the position is a real number that the caller moves as smoothly as a clock drifts.
#pragma once

#include <array>
#include <span>

namespace spacecast::mix {

class Interpolator {
 public:
  static constexpr std::size_t kTaps = 32;
  // Of the taps, those at and before the sample that the position follows.
  static constexpr std::size_t kBefore = kTaps / 2;
  using Weights = std::array<float, kTaps>;

  // To be applied to the kTaps samples around a position that lies `fraction` of a sample, 0 up to
  // 1, behind the kBefore-th of them.
  [[nodiscard]] static Weights weights(double fraction);
  [[nodiscard]] static float apply(const Weights& weights, std::span<const float, kTaps> samples);
};

}  // namespace spacecast::mix
