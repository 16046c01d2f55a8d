// Evidence from level alone: speech is what stands clearly above the speaker's own noise floor, for
// long enough. A hop with less than half of its samples counts as silence and teaches the floor
// nothing.
#pragma once

#include "speaker/decision.h"
#include "speaker/hop_queue.h"
#include "speaker/noise_floor.h"

namespace spacecast::speaker {

class LevelTracker {
 public:
  // Hops come in order; some may be left out.
  const Evidence& update(const Hop& hop);
  [[nodiscard]] const Evidence& evidence() const { return evidence_; }

 private:
  void hear(MediaTime start, float above_floor);
  void pause(MediaTime end);
  void end_run();

  NoiseFloor floor_;
  Evidence evidence_;
  bool in_run_ = false;
  bool loud_ = false;
};

}  // namespace spacecast::speaker
