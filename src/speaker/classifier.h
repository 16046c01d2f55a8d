// Whether a hop is speech, from its features: a small network with fixed weights that were learned
// from the tuning recordings (tests/speaker/train_classifier.py).
#pragma once

#include "speaker/features.h"

namespace spacecast::speaker {

// Log-odds that somebody speaks into this microphone: above 0 more likely than not.
[[nodiscard]] float speech_odds(const Features& features);

}  // namespace spacecast::speaker
