#include "speaker/pitch.h"

#include <algorithm>
#include <cmath>

namespace spacecast::speaker {

namespace {

constexpr float kRate = 8'000;
// A lag counts as the period before a longer one that fits a little better: multiples of the period
// always fit.
constexpr float kAsGood = 0.93F;
// Power below which there is nothing to correlate, about -86 dBov.
constexpr float kSilence = 2.5e-9F * Pitch::kWindow;
constexpr double kTiny = static_cast<double>(kSilence) * kSilence / 100;

// In eight sums, which the compiler keeps in one register; the order of additions is fixed all the
// same.
float dot(const float* a, const float* b) {
  std::array<float, 8> sums{};
  for (std::size_t i = 0; i < Pitch::kWindow; i += 8) {
    for (std::size_t k = 0; k < 8; ++k) sums[k] += a[i + k] * b[i + k];
  }
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

}  // namespace

Pitch find_pitch(const std::array<float, Pitch::kSamples>& samples) {
  const float* now = samples.data() + Pitch::kLongest;
  const float energy = dot(now, now);
  if (energy < kSilence) return {};
  std::array<float, Pitch::kLongest + 2> fit{};
  const float* before = now - (Pitch::kShortest - 1);
  double then_energy = dot(before, before);
  float best = 0;
  std::size_t period = Pitch::kShortest;
  for (std::size_t lag = Pitch::kShortest; lag <= Pitch::kLongest; ++lag) {
    const float* then = now - lag;
    // The window moves back by one sample a lag: one comes in, one goes out.
    const double in = then[0];
    const double out = then[Pitch::kWindow];
    then_energy += in * in - out * out;
    const double norm = then_energy * static_cast<double>(energy);
    fit[lag] = norm > kTiny ? dot(now, then) / static_cast<float>(std::sqrt(norm)) : 0.0F;
    if (fit[lag] > best) {
      best = fit[lag];
      period = lag;
    }
  }
  for (std::size_t lag = Pitch::kShortest; lag <= Pitch::kLongest; ++lag) {
    const bool peak = fit[lag] >= fit[lag - 1] && fit[lag] >= fit[lag + 1];
    if (peak && fit[lag] >= kAsGood * best) {
      period = lag;
      break;
    }
  }
  return {std::clamp(best, 0.0F, 1.0F), 12 * std::log2(kRate / static_cast<float>(period) / 55.0F)};
}

}  // namespace spacecast::speaker
