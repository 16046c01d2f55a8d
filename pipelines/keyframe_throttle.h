// When to ask a sender for a keyframe. A decoder that lost something asks at every packet; a
// keyframe costs the sender ten ordinary pictures. So one request a second goes out, and one that
// was held back is not forgotten: it goes out as soon as it may. Pure; one streaming thread.
#pragma once

#include <chrono>
#include <optional>

namespace spacecast {

class KeyframeThrottle {
 public:
  using Time = std::chrono::nanoseconds;
  static constexpr Time kInterval = std::chrono::seconds(1);

  // Somebody asks. True: let the request through.
  [[nodiscard]] bool request(Time now) {
    owed_ = last_ && now - *last_ < kInterval;
    if (!owed_) last_ = now;
    return !owed_;
  }
  // At every packet. True: send the request that was held back.
  [[nodiscard]] bool due(Time now) { return owed_ && request(now); }

 private:
  std::optional<Time> last_;
  bool owed_ = false;
};

}  // namespace spacecast
