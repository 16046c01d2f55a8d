// The power spectrum of the last 32 ms in nine bands.
#pragma once

#include <array>
#include <cstddef>

namespace spacecast::speaker {

struct Spectrum {
  static constexpr std::size_t kWindow = 256;  // Samples at 8 kHz.
  static constexpr std::size_t kBands = 9;

  std::array<float, kBands> power{};  // Full scale squared; a full-scale sine has 0.5 in its band.
  float flatness = 0;                 // Geometric over arithmetic mean, dB: 0 for white noise.
};

// Hann-windowed.
[[nodiscard]] Spectrum analyse(const std::array<float, Spectrum::kWindow>& samples);

}  // namespace spacecast::speaker
