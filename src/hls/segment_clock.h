// Where segments start, shared by all renditions of a presentation, so that segment n of one covers
// the same time as segment n of the others (RFC 8216bis §6.2.4) and their numbers stay in step.
//
// Lines lie one target duration apart from the first segment's start on. The rendition that leads
// (video where there is any) starts a segment at its first independent frame on or after a line;
// the others follow at their first frame from that time on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/media_time.h"

namespace spacecast::hls {

class SegmentClock {
 public:
  explicit SegmentClock(MediaTime target_duration) : target_(target_duration) {}

  [[nodiscard]] bool started() const { return !starts_.empty(); }
  // The start of segment 0.
  void start(MediaTime epoch);
  [[nodiscard]] MediaTime epoch() const { return epoch_; }

  // Segment `index`'s start, where that is decided.
  [[nodiscard]] std::optional<MediaTime> start_of(std::uint64_t index) const;
  // The line from which on the next segment is to start.
  [[nodiscard]] MediaTime due() const;
  // The next segment starts at `time`, which is after the last one's start.
  void add(MediaTime time);

  [[nodiscard]] MediaTime target_duration() const { return target_; }
  // No segment may be as long as this: its EXTINF would round above the target duration (§4.4.3.1).
  [[nodiscard]] MediaTime limit() const { return target_ + std::chrono::milliseconds(500); }

 private:
  MediaTime target_;
  MediaTime epoch_{};
  std::deque<MediaTime> starts_;  // The latest ones; starts_[0] is that of segment first_.
  std::uint64_t first_ = 0;
};

}  // namespace spacecast::hls
