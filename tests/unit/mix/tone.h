// Tones, and what of a tone is in a signal.
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include "mix/grid.h"

namespace spacecast::mix::test {

// A sine as a source sends it whose clock runs `ppm` fast; frame `first` is where it goes on.
inline std::vector<Frame> tone(std::int64_t first, std::size_t frames, double hz,
                               float amplitude = 0.5F, double ppm = 0) {
  std::vector<Frame> result(frames);
  for (std::size_t i = 0; i < frames; ++i) {
    const double seconds =
        static_cast<double>(first + static_cast<std::int64_t>(i)) / (kRate * (1 + ppm * 1e-6));
    const auto value =
        amplitude * static_cast<float>(std::sin(2 * std::numbers::pi * hz * seconds));
    result[i] = {value, value};
  }
  return result;
}

// Amplitude and phase of `hz` in frames that begin at frame `first` of the grid.
inline std::complex<double> part_of(std::span<const Frame> frames, std::int64_t first, double hz) {
  std::complex<double> sum = 0;
  double weights = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const double x =
        2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(frames.size());
    const double hann = 0.5 - 0.5 * std::cos(x);
    const double seconds = static_cast<double>(first + static_cast<std::int64_t>(i)) / kRate;
    sum += hann * static_cast<double>(frames[i].left) *
           std::polar(1.0, -2 * std::numbers::pi * hz * seconds);
    weights += hann;
  }
  return 2.0 * sum / weights;
}

inline double decibel(double ratio) {
  return 20 * std::log10(ratio);
}

// The highest step of the second order: a click is one, a low tone has next to none.
inline float roughness(std::span<const Frame> frames) {
  float highest = 0;
  for (std::size_t i = 2; i < frames.size(); ++i) {
    highest =
        std::max(highest, std::abs(frames[i].left - 2 * frames[i - 1].left + frames[i - 2].left));
  }
  return highest;
}

}  // namespace spacecast::mix::test
