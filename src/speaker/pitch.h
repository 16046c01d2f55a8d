// Voicing and pitch: how much the sound of the last 30 ms repeats itself, and after how long
// (normalised cross-correlation).
#pragma once

#include <array>
#include <cstddef>

namespace spacecast::speaker {

struct Pitch {
  static constexpr std::size_t kLongest = 114;  // Lags at 8 kHz: 70 Hz
  static constexpr std::size_t kShortest = 20;  // to 400 Hz.
  static constexpr std::size_t kWindow = 240;
  static constexpr std::size_t kSamples = kWindow + kLongest;

  float voicing = 0;    // 0 to 1; vowels have 0.8 and more.
  float semitones = 0;  // Above 55 Hz.
};

[[nodiscard]] Pitch find_pitch(const std::array<float, Pitch::kSamples>& samples);

}  // namespace spacecast::speaker
