#include "hls/frame_timeline.h"

#include <algorithm>
#include <cstdlib>

namespace spacecast::hls {
namespace {

// How much of the deviation each frame makes up for: a second or so at usual frame rates.
constexpr media::Ticks kFollow = 16;

}  // namespace

std::optional<media::Ticks> FrameTimeline::place(MediaTime time) {
  media::Ticks tick = media::to_ticks(time, timescale_);
  if (last_) {
    const media::Ticks expected = *last_ + frame_;
    const media::Ticks deviation = tick - expected;
    if (kind_ == Kind::kCounted) {
      if (deviation <= -frame_) return {};
      if (deviation < frame_) tick = expected;
    } else {
      if (time <= last_time_) return {};
      if (2 * std::abs(deviation) < frame_) tick = expected + deviation / kFollow;
      // Frames that come in a burst after a late one are squeezed together, not lost.
      tick = std::max(tick, *last_ + std::max<media::Ticks>(frame_ / 8, 1));
    }
  }
  last_ = tick;
  last_time_ = time;
  return tick;
}

}  // namespace spacecast::hls
