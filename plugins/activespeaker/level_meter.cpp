#include "plugins/activespeaker/level_meter.h"

#include <algorithm>

#include "speaker/decision.h"
#include "speaker/level.h"

namespace spacecast {

namespace {

// dBov: a breath, and a voice close to the microphone.
constexpr double kSilent = -50;
constexpr double kLoud = -14;
// Shares of the way that a hop of 20 ms brings the level.
constexpr double kAttack = 0.6;
constexpr double kRelease = 0.12;
// What lies further back has no part in the level any more.
constexpr std::int64_t kMemory = 50;

}  // namespace

double LevelMeter::at(MediaTime tick) {
  const std::int64_t end = tick / speaker::kHop;
  if (end - queue_.next() > kMemory) {
    queue_.skip_to(end - kMemory);
    level_ = 0;
  }
  while (queue_.next() < end) {
    const double loudness =
        (static_cast<double>(speaker::level_of(queue_.take().samples)) - kSilent) /
        (kLoud - kSilent);
    const double heard = std::clamp(loudness, 0.0, 1.0);
    level_ += (heard > level_ ? kAttack : kRelease) * (heard - level_);
  }
  return level_;
}

}  // namespace spacecast
