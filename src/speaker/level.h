// Levels in dBov: a signal that is at full scale all the time has 0.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace spacecast::speaker {

constexpr float kSilence = -127.0F;

[[nodiscard]] inline float level_of_power(double power) {
  return power <= 0 ? kSilence : std::max(kSilence, static_cast<float>(10 * std::log10(power)));
}

[[nodiscard]] inline float level_of(std::span<const float> samples) {
  double power = 0;
  for (const float sample : samples) power += static_cast<double>(sample) * sample;
  return samples.empty() ? kSilence : level_of_power(power / static_cast<double>(samples.size()));
}

}  // namespace spacecast::speaker
