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

void Slot::look(GstClockTime tick, GstClockTime duration) {
  // The frame of the middle of the time for which it is shown: cameras do not keep to our ticks,
  // and what is at most half a frame early or late is nearer to its sound than what is up to a
  // whole frame late.
  const GstClockTime middle = tick + duration / 2;
  camera_now = frames.at(middle);
  // A waiting picture may stand still, and so does most of what is on screens.
  if (camera_now && !waits() && tick > camera_now->time + kStale) camera_now = nullptr;
  screen_now = screen_frames.at(middle);
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
