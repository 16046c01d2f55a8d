// When a peer's network has no room for the program's picture. The picture is 20 to 50 times the
// sound's bits; on a way that loses much of what is sent, it is the sound that people miss. So the
// picture pauses, and is tried again after a while, each time a longer one. Pure; any thread.
//
// What a peer lost is its own to say, in receiver reports (RFC 3550 §6.4.1). A few per cent are
// made good by sending them again, and 10 % is where congestion control gives way
// (draft-ietf-rmcat-gcc §6); this is more than that, and not just once.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/mutex.h"
#include "gstx/rtcp.h"

namespace spacecast {

class PicturePause {
 public:
  using Time = std::chrono::nanoseconds;
  static constexpr double kMuchLost = 0.15;  // Of the picture's packets.
  static constexpr Time kFirstPause = std::chrono::seconds(10);
  static constexpr Time kLongestPause = std::chrono::seconds(80);
  // A pause that follows the one before within this time is twice as long.
  static constexpr Time kRecovered = std::chrono::seconds(30);

  // A receiver report on the picture has come. One that knows of no newer packet than the one
  // before it is not counted: a peer that sends several streams reports for each of them, and in a
  // pause there is nothing to lose.
  void report(const ReceiverReport& report, Time now);
  [[nodiscard]] bool paused(Time now) const;

 private:
  mutable Mutex mutex_;
  std::optional<std::uint32_t> received_ SPACECAST_GUARDED_BY(mutex_);
  bool lossy_ SPACECAST_GUARDED_BY(mutex_) = false;  // As of the last report.
  Time pause_ SPACECAST_GUARDED_BY(mutex_) = kFirstPause;
  std::optional<Time> until_ SPACECAST_GUARDED_BY(mutex_);
};

}  // namespace spacecast
