// A steady call by an element's clock. It comes on the clock's own thread, which the whole process
// shares: what is called has to be quick.
#pragma once

#include <gst/gst.h>

#include <functional>

#include "base/media_time.h"
#include "gstx/ref.h"

namespace spacecast {

class Ticker {
 public:
  // With the element's running time.
  using Tick = std::function<void(MediaTime now)>;

  Ticker() = default;
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;
  ~Ticker() { stop(); }

  // Does nothing for an element without a clock. The element lives as long as a call may come.
  void start(GstElement* element, MediaTime interval, Tick tick);
  // A call that is under way may still be when this returns.
  void stop();

 private:
  Owned<void, gst_clock_id_unref> id_;
};

}  // namespace spacecast
