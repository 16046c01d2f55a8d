// Decides, from timestamps alone, where one rendition's parts and segments begin and end.
//
// - A part is never longer than the part target (RFC 8216bis §4.4.4.9), which is advertised: a
// frame
//   that would make it longer begins the next one.
// - A part is at least 85 % of it, but for the exceptions of that section. So parts are as long as
//   they may be, and end in front of an IDR only where they are long enough already.
// - Segments start where the SegmentClock says. What leads decides: at the first independent frame
//   on or after a line, and at any frame rather than let a segment grow beyond what its EXTINF may
//   say.
// - Where no frame comes, GAP parts keep the timeline (§6.2.1).
// - Another encoder's frames begin with a segment, behind a discontinuity. A rendition that leads
//   has that at once; one that follows has a gap until what leads can start a segment.
//
// A frame's duration is known when the next one is, so the cutter is always one frame behind what
// it was given. What it decided comes as steps, in order, for the caller to carry out.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/media_time.h"
#include "hls/segment_clock.h"
#include "media/ticks.h"

namespace spacecast::hls {

struct Step {
  enum class Kind {
    kFrame,   // The frame given before the last one goes into the part in progress.
    kPart,    // The part in progress is complete.
    kGap,     // A part of nothing.
    kChange,  // What follows, from the start of a segment on, is the other encoder's.
  };
  Kind kind = Kind::kFrame;
  media::Ticks start = 0, duration = 0;
  bool independent = false;      // kPart: has an independent frame.
  bool last_of_segment = false;  // kPart and kGap.
  bool discontinuity = false;    // kPart and kGap: that segment begins with one.
};

class PartCutter {
 public:
  struct Config {
    std::uint32_t timescale = 90000;
    media::Ticks frame = 3000;  // A frame's nominal duration.
    MediaTime part_target = std::chrono::milliseconds(342);
    bool every_frame_independent = false;  // Audio.
  };
  struct Counts {
    std::uint64_t before_start = 0;  // Frames dropped from before the presentation's first IDR.
    std::uint64_t late = 0;          // Frames dropped as their time, or what they need, was lost.
    std::uint64_t at_change = 0;     // Frames of another encoder dropped before their segment.
    std::uint64_t gaps = 0;          // Holes filled with GAP parts.
    std::uint64_t short_parts = 0;   // Below 85 % without an exception: frames came too unevenly.
    std::uint64_t dependent_segments = 0;  // Segments that had to start without an IDR.
  };

  // `clock` is shared with the other renditions' cutters and outlives this.
  PartCutter(Config config, SegmentClock& clock);

  // The next frame, at a time after the last one's. `lead`: this rendition decides where segments
  // start. False where the frame has no place and is to be dropped; steps may be added even so.
  [[nodiscard]] bool frame(media::Ticks at, bool independent, bool lead, std::vector<Step>& steps);
  // Nothing has come and the other renditions have gone on to `now`: what is missing up to there
  // becomes GAP parts.
  void advance(MediaTime now, bool lead, std::vector<Step>& steps);
  // Frames from the next one on are another encoder's, with times in its own ticks.
  void change(const Config& next, std::vector<Step>& steps);
  // The rendition ends: what is left becomes its last part.
  void end(std::vector<Step>& steps);

  // Whether frames are of no use before an independent one.
  [[nodiscard]] bool needs_independent() const {
    return begun_ && (next_ || (!pending_ && needs_independent_));
  }
  // Whether a frame at `now` is behind a discontinuity that this rendition has still to reach.
  [[nodiscard]] bool before_discontinuity(MediaTime now) const;
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  struct Pending {
    media::Ticks at = 0;
    bool independent = false;
  };

  [[nodiscard]] MediaTime time_of(media::Ticks ticks) const;
  [[nodiscard]] bool begin(media::Ticks at, bool independent, bool lead, std::vector<Step>& steps);
  [[nodiscard]] bool resume(media::Ticks at, bool independent, bool lead, std::vector<Step>& steps);
  [[nodiscard]] bool begin_changed(media::Ticks at, bool independent, bool lead,
                                   std::vector<Step>& steps);
  void begin_discontinuity(MediaTime time, bool lead);
  [[nodiscard]] bool discontinuity_is_next(MediaTime time) const;
  [[nodiscard]] bool take(media::Ticks at, bool independent);
  [[nodiscard]] bool starts_segment(const Pending& next, bool lead);
  [[nodiscard]] bool pending_lasts_until(media::Ticks at) const;
  void take_pending(media::Ticks duration, std::vector<Step>& steps);
  void interrupt(bool lead, std::vector<Step>& steps);
  void end_part(bool last_of_segment, bool may_be_short, std::vector<Step>& steps);
  void fill(MediaTime until, bool whole_parts_only, bool lead, std::vector<Step>& steps);
  [[nodiscard]] media::Ticks boundary(bool lead) const;
  [[nodiscard]] MediaTime end_at_latest() const;
  void cross_boundary(std::vector<Step>& steps);
  void configure(const Config& config);

  Config config_;
  media::Ticks target_ = 0, floor_ = 0;
  SegmentClock& clock_;
  Counts counts_;

  bool begun_ = false;
  std::uint64_t segment_ = 0;   // The index, on the clock, of the segment in progress.
  bool discontinuity_ = false;  // It begins with one.
  media::Ticks segment_start_ = 0;
  media::Ticks position_ = 0;  // The end of what has been decided.
  media::Ticks part_start_ = 0;
  std::uint32_t part_frames_ = 0;
  bool part_independent_ = false;
  bool needs_independent_ = true;
  std::optional<Pending> pending_;
  std::optional<Config> next_;  // The other encoder's, until its segment begins.
};

}  // namespace spacecast::hls
