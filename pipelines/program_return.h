// What goes back from the program: everybody's sound but one's own to each of those on stage, the
// whole mix to monitors, and to both the picture that the viewers get, which is encoded once.
#pragma once

#include "gstx/ref.h"

namespace spacecast {

// Called from streaming threads of the program, never from two at once for one medium. Must not
// block, and must not call back into the program. What waits behind a sink is the sink's to bound:
// where the way to its peer is too slow it drops, pictures from there to the next keyframe.
class ReturnSink {
 public:
  virtual ~ReturnSink() = default;
  // One Opus packet of 20 ms, stereo at 48 kHz; the timestamp is the program's running time. Those
  // who hear the same are given the same buffer. Where ticks were left out, DISCONT is set.
  virtual void take_audio(const Ref<GstSample>& packet) = 0;
  // One H.264 access unit (stream-format avc; the caps have the codec_data) of the program's
  // picture, the very one that viewers get; PTS and DTS are running time. Deltas that a new sink
  // could not decode are left out: it begins with a keyframe. With a ladder it is the smallest rung
  // of at least 360 lines.
  virtual void take_video(const Ref<GstSample>& unit) = 0;
};

// A sink is given what it is to have until this goes; what is under way may still come.
class ReturnSubscription {
 public:
  virtual ~ReturnSubscription() = default;
};

}  // namespace spacecast
