// One speaker's hops at any sample rate, brought to the band in which voices are told from noises:
// 8 kHz, low-passed before. The same filter at every rate, so that a voice looks alike whether it
// came at 8 or at 48 kHz.
#pragma once

#include <array>
#include <span>

#include "speaker/hop_queue.h"

namespace spacecast::speaker {

class VoiceBand {
 public:
  static constexpr unsigned kRate = 8'000;
  static constexpr std::size_t kHopSamples = 160;
  using Samples = std::array<float, kHopSamples>;

  // Silence where less than half of a hop came. The result is valid until the next call.
  const Samples& resample(const Hop& hop);

 private:
  struct Biquad {
    float b0 = 1, b1 = 0, b2 = 0, a1 = 0, a2 = 0;
    float z1 = 0, z2 = 0;
    float run(float x) {
      const float y = b0 * x + z1;
      z1 = b1 * x - a1 * y + z2;
      z2 = b2 * x - a2 * y;
      return y;
    }
  };

  void design(unsigned rate);

  std::array<Biquad, 2> lowpass_;
  unsigned rate_ = 0;
  float last_ = 0;
  Samples samples_{};
};

// Whether enough of a hop came to be judged.
[[nodiscard]] bool is_whole(const Hop& hop);

}  // namespace spacecast::speaker
