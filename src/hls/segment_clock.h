// Where segments start, shared by all renditions of a presentation, so that segment n of one covers
// the same time as segment n of the others (RFC 8216bis §6.2.4) and their numbers stay in step.
//
// Lines lie one target duration apart from the first segment's start on. The rendition that leads
// (video where there is any) starts a segment at its first independent frame on or after a line;
// the others follow at their first frame from that time on.
//
// A segment may begin with a discontinuity, in all renditions alike, as their Discontinuity
// Sequence Numbers have to agree (§6.2.4). A rendition that needs one wishes for it; what leads
// then does not wait for the next line but starts a segment at its next independent frame.
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
  // The latest start that is decided.
  [[nodiscard]] MediaTime latest() const { return starts_.back().time; }
  // The line from which on the next segment is to start.
  [[nodiscard]] MediaTime due() const;
  // The next segment starts at `time`, which is after the last one's start; with a discontinuity
  // where one was wished for.
  void add(MediaTime time);

  // The next segment that is added begins with a discontinuity.
  void wish_discontinuity() { wished_ = true; }
  [[nodiscard]] bool discontinuity_wished() const { return wished_; }
  // Whether segment `index`, whose start is decided, begins with one.
  [[nodiscard]] bool discontinuity_at(std::uint64_t index) const;
  // The start of the first segment after segment `index` that begins with one, where it is decided.
  [[nodiscard]] std::optional<MediaTime> discontinuity_after(std::uint64_t index) const;

  [[nodiscard]] MediaTime target_duration() const { return target_; }
  // No segment may be as long as this: its EXTINF would round above the target duration (§4.4.3.1).
  [[nodiscard]] MediaTime limit() const { return target_ + std::chrono::milliseconds(500); }
  // What decides where a segment ends does not let it grow to this, as those that follow end theirs
  // up to a frame later.
  [[nodiscard]] MediaTime longest() const { return limit() - std::chrono::milliseconds(100); }

 private:
  struct Start {
    MediaTime time{};
    bool discontinuity = false;
  };
  MediaTime target_;
  MediaTime epoch_{};
  std::deque<Start> starts_;  // The latest ones; starts_[0] is that of segment first_.
  std::uint64_t first_ = 0;
  bool wished_ = false;
};

}  // namespace spacecast::hls
