#include "speaker/noise_floor.h"

#include <algorithm>
#include <limits>

namespace spacecast::speaker {

namespace {

// Until the window has been heard once: high enough that a fan is not taken for a speaker who just
// joined, low enough that one who joins talking is.
constexpr float kUnheard = -50.0F;
// Gated microphones send digital silence; against that, breathing would be speech.
constexpr float kLowest = -62.0F;
constexpr float kLowestRoom = -75.0F;

}  // namespace

NoiseFloor::NoiseFloor() {
  minima_.fill(kUnheard);
}

void NoiseFloor::update(float level) {
  if (hops_ == kHopsPerBlock) {
    hops_ = 0;
    block_ = (block_ + 1) % kBlocks;
    minima_[block_] = std::numeric_limits<float>::max();
  }
  ++hops_;
  minima_[block_] = std::min(minima_[block_], level);
}

float NoiseFloor::level() const {
  return std::max(room(), kLowest);
}

float NoiseFloor::room() const {
  return std::max(*std::ranges::min_element(minima_), kLowestRoom);
}

}  // namespace spacecast::speaker
