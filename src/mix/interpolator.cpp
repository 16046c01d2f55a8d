#include "mix/interpolator.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

namespace spacecast::mix {

namespace {

// Between two rows the weights are taken as straight lines; with this many rows what that adds lies
// below -100 dB.
constexpr std::size_t kRows = 256;
// Kaiser window: stop band at about -80 dB.
constexpr double kBeta = 8;

using Table = std::array<Interpolator::Weights, kRows + 1>;

double window(double x) {
  if (std::abs(x) >= 1) return 0;
  return std::cyl_bessel_i(0.0, kBeta * std::sqrt(1 - x * x)) / std::cyl_bessel_i(0.0, kBeta);
}

double sinc(double x) {
  if (x == 0) return 1;
  return std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

std::unique_ptr<const Table> make_table() {
  auto table = std::make_unique<Table>();
  for (std::size_t row = 0; row <= kRows; ++row) {
    const double fraction = static_cast<double>(row) / kRows;
    std::array<double, Interpolator::kTaps> exact{};
    double sum = 0;
    for (std::size_t tap = 0; tap < exact.size(); ++tap) {
      const double x = static_cast<double>(tap) - (Interpolator::kBefore - 1) - fraction;
      exact[tap] = sinc(x) * window(x / Interpolator::kBefore);
      sum += exact[tap];
    }
    // A constant stays what it is, at every fraction.
    std::ranges::transform(exact, (*table)[row].begin(),
                           [sum](double weight) { return static_cast<float>(weight / sum); });
  }
  return table;
}

}  // namespace

Interpolator::Weights Interpolator::weights(double fraction) {
  static const std::unique_ptr<const Table> table = make_table();
  const double row = fraction * kRows;
  const auto below = std::min(static_cast<std::size_t>(row), kRows - 1);
  const auto between = static_cast<float>(row - static_cast<double>(below));
  const Weights& a = (*table)[below];
  const Weights& b = (*table)[below + 1];
  Weights result;
  for (std::size_t tap = 0; tap < kTaps; ++tap) result[tap] = a[tap] + between * (b[tap] - a[tap]);
  return result;
}

float Interpolator::apply(const Weights& weights, std::span<const float, kTaps> samples) {
  // Four sums side by side, so that the compiler may use the processor's vectors.
  std::array<float, 4> sums{};
  for (std::size_t tap = 0; tap < kTaps; tap += sums.size()) {
    for (std::size_t lane = 0; lane < sums.size(); ++lane) {
      sums[lane] += weights[tap + lane] * samples[tap + lane];
    }
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

}  // namespace spacecast::mix
