#include "speaker/voice_band.h"

#include <cmath>
#include <numbers>

namespace spacecast::speaker {

namespace {

constexpr double kCutoff = 3'500;                        // Hz.
constexpr std::array<double, 2> kQ{0.541196, 1.306563};  // Butterworth of fourth order.

}  // namespace

bool is_whole(const Hop& hop) {
  return !hop.samples.empty() && hop.samples.size() * 100 >= hop.rate;
}

void VoiceBand::design(unsigned rate) {
  rate_ = rate;
  last_ = 0;
  lowpass_ = {};
  if (rate <= kRate) return;
  for (std::size_t i = 0; i < lowpass_.size(); ++i) {
    const double w = 2 * std::numbers::pi * kCutoff / rate;
    const double alpha = std::sin(w) / (2 * kQ[i]);
    const double a0 = 1 + alpha;
    Biquad& filter = lowpass_[i];
    filter.b1 = static_cast<float>((1 - std::cos(w)) / a0);
    filter.b0 = filter.b2 = filter.b1 / 2;
    filter.a1 = static_cast<float>(-2 * std::cos(w) / a0);
    filter.a2 = static_cast<float>((1 - alpha) / a0);
  }
}

const VoiceBand::Samples& VoiceBand::resample(const Hop& hop) {
  if (!is_whole(hop)) {
    design(0);
    samples_.fill(0);
    return samples_;
  }
  if (hop.rate != rate_) design(hop.rate);
  // Whatever came stands for the whole hop: one at an odd rate has a sample more or less.
  const float step = static_cast<float>(hop.samples.size()) / static_cast<float>(kHopSamples);
  std::size_t out = 0;
  for (std::size_t i = 0; i < hop.samples.size(); ++i) {
    const float filtered = lowpass_[1].run(lowpass_[0].run(hop.samples[i]));
    // Output n lies at input (n + 1) * step - 1: the last of a hop is the hop's last.
    while (out < kHopSamples) {
      const float at = static_cast<float>(out + 1) * step - 1;
      if (at > static_cast<float>(i)) break;
      const float back = static_cast<float>(i) - at;
      samples_[out++] = filtered + back * (last_ - filtered);
    }
    last_ = filtered;
  }
  while (out < kHopSamples) samples_[out++] = last_;
  return samples_;
}

}  // namespace spacecast::speaker
