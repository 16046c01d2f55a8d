// A voice that is computed: a buzz whose pitch moves, through two resonances that move, in
// syllables with short pauses now and then. No human says it, but it has all that the detector
// looks for. Used wherever a test needs somebody to talk; depends on time alone.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/media_time.h"

namespace spacecast::speaker::test {

// Samples of somebody who talks from time zero on; `level` in dBov while talking, roughly.
inline std::vector<float> speak(MediaTime length, unsigned rate, float level = -20,
                                double pitch_hz = 120) {
  constexpr double kTurn = 2 * std::numbers::pi;
  std::vector<float> samples(static_cast<std::size_t>(length.count() / 1'000 * rate / 1'000'000));
  const double gain = 0.45 * std::pow(10.0, level / 20.0);
  double phase = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    const double pitch =
        pitch_hz * (1 + 0.12 * std::sin(kTurn * 1.7 * t) + 0.05 * std::sin(kTurn * 4.3 * t + 1));
    phase += pitch / rate;
    const double first = 550 + 200 * std::sin(kTurn * 3.1 * t);
    const double second = 1500 + 500 * std::sin(kTurn * 2.3 * t + 2);
    double sum = 0;
    for (int harmonic = 1; harmonic * pitch < std::min(3600.0, rate / 2.2); ++harmonic) {
      const double f = harmonic * pitch;
      const double near_first = (f - first) / 140;
      const double near_second = (f - second) / 220;
      const double strength =
          1 / (1 + near_first * near_first) + 0.4 / (1 + near_second * near_second) + 0.02;
      sum += strength * std::sin(kTurn * harmonic * phase);
    }
    // Four syllables a second and a breath after every sixth; the first one is there at once.
    const double syllable = std::fmod(t * 4 + 0.2, 1.0);
    const double envelope = std::sin(std::numbers::pi * std::min(1.0, syllable / 0.85));
    const bool breath = std::fmod(t * 4 + 0.2, 7.0) >= 6;
    samples[i] =
        breath ? 0.0F : static_cast<float>(gain * sum * std::sqrt(std::max(envelope, 0.0)));
  }
  return samples;
}

}  // namespace spacecast::speaker::test
