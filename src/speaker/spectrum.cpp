#include "speaker/spectrum.h"

#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <utility>

namespace spacecast::speaker {

namespace {

constexpr std::size_t kSize = Spectrum::kWindow;
// Bins of 31.25 Hz: 94 to 3750 Hz, as wide as hearing resolves, roughly.
constexpr std::array<std::size_t, Spectrum::kBands + 1> kEdges{3,  7,  12, 18, 26,
                                                               37, 52, 71, 96, 120};

struct Tables {
  std::array<float, kSize> window{};
  std::array<std::complex<float>, kSize / 2> twiddle{};
  std::array<std::uint8_t, kSize> reversed{};

  Tables() {
    for (std::size_t i = 0; i < kSize; ++i) {
      const double turn = 2 * std::numbers::pi * static_cast<double>(i) / kSize;
      window[i] = static_cast<float>(0.5 - 0.5 * std::cos(turn));
      if (i < kSize / 2) {
        twiddle[i] = {static_cast<float>(std::cos(turn)), static_cast<float>(-std::sin(turn))};
      }
      std::size_t bits = 0;
      for (std::size_t bit = 0; bit < 8; ++bit) bits |= ((i >> bit) & 1U) << (7 - bit);
      reversed[i] = static_cast<std::uint8_t>(bits);
    }
  }
};

const Tables& tables() {
  static const Tables kTables;
  return kTables;
}

// Radix 2, decimation in time.
void transform(std::array<std::complex<float>, kSize>& x) {
  const auto& twiddle = tables().twiddle;
  for (std::size_t half = 1; half < kSize; half *= 2) {
    const std::size_t stride = kSize / (2 * half);
    for (std::size_t start = 0; start < kSize; start += 2 * half) {
      for (std::size_t i = 0; i < half; ++i) {
        const std::complex<float> w = twiddle[i * stride];
        const std::complex<float> b = x[start + half + i];
        // Written out: the standard's product also cares for infinities.
        const std::complex<float> t{w.real() * b.real() - w.imag() * b.imag(),
                                    w.real() * b.imag() + w.imag() * b.real()};
        x[start + half + i] = x[start + i] - t;
        x[start + i] += t;
      }
    }
  }
}

}  // namespace

Spectrum analyse(const std::array<float, kSize>& samples) {
  std::array<std::complex<float>, kSize> x;
  const Tables& table = tables();
  for (std::size_t i = 0; i < kSize; ++i) x[table.reversed[i]] = samples[i] * table.window[i];
  transform(x);
  // Two sides, and what the window takes away (3/8 of the power).
  constexpr float kScale = 2.0F / (0.375F * kSize * kSize);
  constexpr float kTiny = 1e-13F;
  Spectrum spectrum;
  float logs = 0;
  float sum = 0;
  for (std::size_t band = 0; band < Spectrum::kBands; ++band) {
    for (std::size_t bin = kEdges[band]; bin < kEdges[band + 1]; ++bin) {
      const float power = kScale * std::norm(x[bin]);
      spectrum.power[band] += power;
      logs += std::log10(power + kTiny);
    }
    sum += spectrum.power[band];
  }
  constexpr auto kBins = static_cast<float>(kEdges.back() - kEdges.front());
  spectrum.flatness = 10 * (logs / kBins - std::log10(sum / kBins + kTiny));
  return spectrum;
}

}  // namespace spacecast::speaker
