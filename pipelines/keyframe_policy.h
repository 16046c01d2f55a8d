// When to ask a sender for a keyframe. A decoder that lost something asks at every packet, and a
// keyframe costs the sender ten ordinary pictures: one request a second goes out. One that was held
// back is owed, and goes out as soon as it may; and where packets come but no picture does, for
// whatever reason, it is asked for as well. While nobody watches, none is made: what was lost is of
// no interest. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>

#include "base/mutex.h"

namespace spacecast {

class KeyframePolicy {
 public:
  using Time = std::chrono::nanoseconds;
  static constexpr Time kInterval = std::chrono::seconds(1);
  // Who asks so soon after another asks for what is on its way: the gate that opens and the
  // depayloader behind it, which misses what went by, both ask.
  static constexpr Time kSameLoss = std::chrono::milliseconds(150);

  // Somebody asks. True: let the request through.
  [[nodiscard]] bool request(Time now);
  // A packet has come. True: a request is due, make it.
  [[nodiscard]] bool packet(Time now);
  // A picture has been decoded.
  void picture(Time now);
  // Watched at first.
  void set_watched(bool watched, Time now);

 private:
  Mutex mutex_;
  bool watched_ SPACECAST_GUARDED_BY(mutex_) = true;
  std::optional<Time> last_request_ SPACECAST_GUARDED_BY(mutex_);
  bool owed_ SPACECAST_GUARDED_BY(mutex_) = false;
  std::optional<Time> last_packet_ SPACECAST_GUARDED_BY(mutex_);
  // The latest of: last picture, first packet after a pause, beginning of being watched.
  Time waiting_since_ SPACECAST_GUARDED_BY(mutex_){};
};

}  // namespace spacecast
