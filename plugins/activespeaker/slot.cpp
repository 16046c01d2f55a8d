#include "plugins/activespeaker/slot.h"

namespace spacecast {

StageInput*& Slot::input(StageInput::Kind kind) {
  switch (kind) {
    case StageInput::Kind::kVideo:
      return video;
    case StageInput::Kind::kScreen:
      return screen;
    case StageInput::Kind::kAudio:
      break;
  }
  return audio;
}

void Slot::look(GstClockTime tick) {
  camera_now = frames.at(tick);
  // A waiting picture may stand still, and so does most of what is on screens.
  if (camera_now && !waits() && tick > camera_now->time + kStale) camera_now = nullptr;
  screen_now = screen_frames.at(tick);
  level_now = meter.at(MediaTime(static_cast<MediaTime::rep>(tick)));
}

void Slot::clear() {
  frames.clear();
  screen_frames.clear();
  meter = {};
  camera_now = screen_now = nullptr;
  level_now = 0;
}

}  // namespace spacecast
