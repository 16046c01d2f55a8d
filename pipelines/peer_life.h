// When a peer was last heard of. Any thread.
#pragma once

#include <glib.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace spacecast {

class PeerLife {
 public:
  // A packet has come, RTP or RTCP.
  void note() { last_us_ = g_get_monotonic_time(); }

  // Since the last packet; empty where none has come yet.
  [[nodiscard]] std::optional<std::chrono::microseconds> silence() const {
    const std::int64_t last = last_us_;
    if (last == 0) return std::nullopt;
    return std::chrono::microseconds(g_get_monotonic_time() - last);
  }

 private:
  std::atomic<std::int64_t> last_us_ = 0;  // g_get_monotonic_time(); 0: never.
};

}  // namespace spacecast
