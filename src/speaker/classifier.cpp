#include "speaker/classifier.h"

#include <cmath>

#include "speaker/classifier_weights.h"

namespace spacecast::speaker {

float speech_odds(const Features& features) {
  static_assert(weights::kHidden.front().size() == Features::kCount);
  float odds = weights::kOutBias;
  for (std::size_t unit = 0; unit < weights::kHidden.size(); ++unit) {
    float sum = weights::kHiddenBias[unit];
    for (std::size_t i = 0; i < Features::kCount; ++i) {
      sum += weights::kHidden[unit][i] * features.values[i];
    }
    odds += weights::kOut[unit] * std::tanh(sum);
  }
  return odds;
}

}  // namespace spacecast::speaker
