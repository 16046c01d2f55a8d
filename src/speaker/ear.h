// What is heard of one speaker in a hop, before it is known what the others do.
#pragma once

#include <array>

#include "speaker/classifier.h"
#include "speaker/decision.h"
#include "speaker/features.h"

namespace spacecast::speaker {

// Onsets are looked for on this grid.
constexpr std::size_t kBlocksPerHop = 4;
constexpr MediaTime kBlock = kHop / kBlocksPerHop;

struct Observation {
  MediaTime start{};
  float above_floor = 0;                        // dB; 0 where less than half of the hop came.
  float room = -75;                             // dBov: what the microphone picks up in pauses.
  float odds = 0;                               // Log-odds of speech.
  std::array<float, kBlocksPerHop> levels{};    // dBov, of 5 ms each.
  std::array<float, Spectrum::kBands> bands{};  // Power; zero where nothing came.
};

class Ear {
 public:
  // Hops come in order; some may be left out.
  [[nodiscard]] Observation hear(const Hop& hop);

 private:
  FeatureExtractor extractor_;
};

}  // namespace spacecast::speaker
