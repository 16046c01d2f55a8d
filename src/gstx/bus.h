// A pipeline's bus, drained on a loop. An undrained bus keeps every message's element alive:
// webrtcbin 1.22 then leaks two threads and twenty descriptors a peer, so every pipeline of ours
// has a BusWatch from its first state change to its last.
#pragma once

#include <gst/gst.h>

#include <functional>

#include "glibx/loop.h"
#include "gstx/ref.h"

namespace spacecast {

class BusWatch {
 public:
  using Handler = std::function<void(GstMessage*)>;

  BusWatch() = default;
  // `handler` runs on `loop` for every message until this object goes.
  BusWatch(GstElement* pipeline, const Loop& loop, Handler handler);
  BusWatch(BusWatch&&) noexcept = default;
  BusWatch& operator=(BusWatch&& other) noexcept;
  ~BusWatch();

 private:
  Ref<GSource> source_;
  Ref<GstBus> bus_;
};

// "element name: message (debug)" of an error or warning message.
[[nodiscard]] std::string describe_fault(GstMessage* message);

}  // namespace spacecast
