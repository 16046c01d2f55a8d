// What goes back from the program: everybody's sound but one's own to each of those on stage, the
// whole mix to monitors, and to both the picture that the viewers get, which is encoded once.
#pragma once

#include "gstx/ref.h"

namespace spacecast {

// Called from streaming threads of the program, never from two at once for one medium. Must not
// block, and must not call back into the program.
class ReturnSink {
 public:
  virtual ~ReturnSink() = default;
  // One Opus packet of 20 ms, stereo at 48 kHz; the timestamp is the program's running time. Those
  // who hear the same are given the same buffer.
  virtual void take_audio(const Ref<GstSample>& packet) = 0;
  // One H.264 access unit (stream-format avc; the caps have the codec_data) of the program's first
  // picture, the one that viewers get; PTS and DTS are running time. Deltas that a new sink could
  // not decode are left out: it begins with a keyframe.
  virtual void take_video(const Ref<GstSample>& unit) = 0;
};

}  // namespace spacecast
