// Adds up what everybody says, once a tick, and makes for each who asks the same without
// themselves. The sum is made once and a return is the sum minus one's own, so the cost grows with
// the number of speakers and not with its square. Each is limited by itself, after the subtraction:
// what one hears does not pump with one's own voice.
//
// Who does not talk shares: their return is the sum itself, and whoever encodes returns needs one
// encoder for all of them. Talking means to have been above a threshold within the last half
// second; below it, one's own background noise comes back with the sum. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "mix/grid.h"
#include "mix/limiter.h"

namespace spacecast::mix {

class Mixer {
 public:
  // Mixes come out this much later than what went in.
  static constexpr std::int64_t kDelay = Limiter::kLookAhead;
  static constexpr float kDefaultShareBelow = 0.00316F;  // -50 dBFS.

  // Of one tick, kTickFrames long. One number may come several times: somebody who left and still
  // fades out, and who took the place.
  struct Input {
    unsigned slot = 0;
    std::span<const Frame> own;
  };
  struct Mix {
    std::span<const Frame> frames;  // Until the next tick.
    bool shared = true;             // Is the sum.
    bool silent = true;             // All zeros.
  };

  // `share_below`: the peak below which a slot does not talk.
  explicit Mixer(float share_below = kDefaultShareBelow) : share_below_(share_below) {}

  // Begins the next tick. Slots without sound may be left out. `inputs` is used until the next
  // tick.
  Mix tick(std::span<const Input> inputs);
  // Everybody but that slot; at most once a tick. A slot that is not asked for is forgotten.
  Mix minus(unsigned slot);

 private:
  static constexpr int kHangover = 25;  // Ticks: breath and the gaps between words.
  // How fast one's own sound is taken out of what was shared, or put back: 1 ms.
  static constexpr float kSlope = 1.0F / 48;

  struct Return {
    std::uint64_t tick = 0;  // In which it was last asked for.
    int hangover = 0;
    bool shared = true;
    float share = 0;  // Of one's own that is taken out, 0 to 1.
    Limiter limiter;
    std::vector<Frame> frames;
  };

  [[nodiscard]] bool talks(unsigned slot) const;
  void subtract(unsigned slot, Return& back, bool talking);

  const float share_below_;
  std::uint64_t tick_ = 0;
  std::span<const Input> inputs_;
  std::vector<Frame> sum_;      // As added.
  std::vector<Frame> limited_;  // As sent.
  Limiter limiter_;
  Limiter limiter_before_;  // At the beginning of this tick.
  std::map<unsigned, Return> returns_;
};

}  // namespace spacecast::mix
