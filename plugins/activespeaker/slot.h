// One place on the stage: the pads that make it up and what waits in it for its moment. Guarded by
// the stage's mutex.
#pragma once

#include <gst/gst.h>

#include <string>

#include "plugins/activespeaker/frame_ring.h"
#include "plugins/activespeaker/level_meter.h"

namespace spacecast {

// One sink pad, as the stage sees it. Owned by the pad; guarded by the stage's mutex once attached.
struct StageInput {
  enum class Kind { kAudio, kVideo, kScreen };
  Kind kind = Kind::kAudio;
  unsigned number = 0;
  // Audio: there is somebody in the slot. Video and screen: it is on; what comes while it is off is
  // dropped.
  bool active = true;
  bool flushing = true;
  bool eos = false;
};

struct Slot {
  // Older than this, a camera's newest frame is no picture any more: long enough for a keyframe
  // that got lost, short enough that nobody looks at a frozen face.
  static constexpr GstClockTime kStale = 600 * GST_MSECOND;

  StageInput* audio = nullptr;
  StageInput* video = nullptr;
  StageInput* screen = nullptr;
  std::string name;   // In messages.
  std::string label;  // In the picture; empty: none.
  FrameRing frames;
  FrameRing screen_frames;
  LevelMeter meter;

  // As of the present tick; see look().
  const Frame* camera_now = nullptr;
  const Frame* screen_now = nullptr;
  double level_now = 0;

  [[nodiscard]] bool empty() const { return !audio && !video && !screen; }
  [[nodiscard]] bool seats_speaker() const { return audio && audio->active; }
  // Without a microphone a picture is nobody's: it is for waiting.
  [[nodiscard]] bool waits() const { return !audio && video && video->active; }
  [[nodiscard]] bool camera_on() const { return video && video->active; }
  [[nodiscard]] StageInput*& input(StageInput::Kind kind);
  // Of a kind that has pictures.
  [[nodiscard]] FrameRing& ring(StageInput::Kind kind) {
    return kind == StageInput::Kind::kScreen ? screen_frames : frames;
  }

  // What there is to see and to hear from `tick` on, for `duration`. Ticks do not go back.
  void look(GstClockTime tick, GstClockTime duration);
  // Nothing of whoever was here stays.
  void clear();
};

}  // namespace spacecast
