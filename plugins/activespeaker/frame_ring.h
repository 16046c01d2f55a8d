// The pictures of one slot that wait for their moment. A camera's frames are here for as long as
// the look-ahead takes; the output asks at each tick for the one to show. Not thread-safe.
#pragma once

#include <gst/gst.h>

#include <cstddef>
#include <deque>
#include <optional>

#include "gstx/ref.h"

namespace spacecast {

struct Frame {
  Ref<GstBuffer> buffer;
  Ref<GstCaps> caps;
  GstClockTime time = 0;  // Running time.
};

class FrameRing {
 public:
  static constexpr std::size_t kMaxFrames = 256;
  static constexpr std::size_t kMaxBytes = std::size_t{128} << 20;

  // Waits for its time. When full, the frame is dropped instead of an older one: a camera too large
  // for the ring then looks choppy, while without its oldest frames it would never be seen at all.
  // Where timestamps go back, the frames that were to come after this one are gone.
  void push(Frame frame);
  // The newest frame at or before `tick`, again and again until there is a newer one; nullptr
  // before the first. Ticks do not go back.
  [[nodiscard]] const Frame* at(GstClockTime tick);
  void clear();

 private:
  std::deque<Frame> waiting_;
  std::optional<Frame> shown_;
  std::size_t bytes_ = 0;  // Of those that wait.
};

}  // namespace spacecast
