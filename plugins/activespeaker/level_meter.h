// How loud one speaker is at the moment that is shown, for what moves with the voice: up with a
// syllable, slowly down in its pauses. The sound comes ahead of its picture and waits here. Not
// thread-safe.
#pragma once

#include <gst/gst.h>

#include <span>

#include "base/media_time.h"
#include "speaker/hop_queue.h"

namespace spacecast {

class LevelMeter {
 public:
  // Mono, full scale 1.0; as speaker::HopQueue takes it.
  void push(MediaTime start, unsigned rate, std::span<const float> mono) {
    queue_.push(start, rate, mono);
  }
  // 0 silent to 1 loud, of the sound before `tick`. Ticks do not go back.
  [[nodiscard]] double at(MediaTime tick);

 private:
  speaker::HopQueue queue_{0};
  double level_ = 0;
};

}  // namespace spacecast
