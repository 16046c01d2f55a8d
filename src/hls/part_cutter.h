// Decides, from timestamps alone, where one rendition's parts and segments begin and end.
//
// - A part is never longer than the part target (RFC 8216bis §4.4.4.9), which is advertised: a
// frame
//   that would make it longer begins the next one.
// - A part is at least 85 % of it, but for the exceptions of that section. So parts are as long as
//   they may be, and end in front of an IDR only where they are long enough already.
// - Segments start where the SegmentClock says. What leads decides: at the first independent frame
// on
//   or after a line, and at any frame rather than let a segment grow beyond what its EXTINF may
//   say.
// - Where no frame comes, GAP parts keep the timeline (§6.2.1).
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
    kFrame,  // The frame given before the last one goes into the part in progress.
    kPart,   // The part in progress is complete.
    kGap,    // A part of nothing.
  };
  Kind kind = Kind::kFrame;
  media::Ticks start = 0, duration = 0;
  bool independent = false;      // kPart: has an independent frame.
  bool last_of_segment = false;  // kPart and kGap.
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
    std::uint64_t before_start =
        0;                   // Frames dropped before the presentation or an independent frame.
    std::uint64_t late = 0;  // Frames dropped as their time is published already.
    std::uint64_t gaps = 0;  // Holes filled with GAP parts.
    std::uint64_t short_parts = 0;  // Below 85 % without an exception: frames came too unevenly.
    std::uint64_t dependent_segments = 0;  // Segments that had to start without an IDR.
  };

  // `clock` is shared with the other renditions' cutters and outlives this.
  PartCutter(Config config, SegmentClock& clock);

  // The next frame. `lead`: this rendition decides where segments start. False where the frame has
  // no place and is to be dropped; steps may be added even so.
  [[nodiscard]] bool frame(media::Ticks at, bool independent, bool lead, std::vector<Step>& steps);
  // Nothing has come and the other renditions have gone on to `now`: what is missing up to there
  // becomes GAP parts.
  void advance(MediaTime now, bool lead, std::vector<Step>& steps);
  // The rendition ends: what is left becomes its last part.
  void end(std::vector<Step>& steps);

  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  struct Pending {
    media::Ticks at = 0;
    bool independent = false;
  };

  [[nodiscard]] MediaTime time_of(media::Ticks ticks) const;
  [[nodiscard]] bool begin(media::Ticks at, bool independent, bool lead, std::vector<Step>& steps);
  [[nodiscard]] bool starts_segment(const Pending& next, bool lead);
  void take_pending(media::Ticks duration, std::vector<Step>& steps);
  void interrupt(bool lead, std::vector<Step>& steps);
  void end_part(bool last_of_segment, bool may_be_short, std::vector<Step>& steps);
  void fill(media::Ticks to, bool whole_parts_only, bool lead, std::vector<Step>& steps);
  [[nodiscard]] media::Ticks boundary(bool lead) const;
  void cross_boundary(media::Ticks at);

  const Config config_;
  const media::Ticks target_, floor_;
  SegmentClock& clock_;
  Counts counts_;

  bool begun_ = false;
  std::uint64_t segment_ = 0;  // The index, on the clock, of the segment in progress.
  media::Ticks segment_start_ = 0;
  media::Ticks position_ = 0;  // The end of what has been decided.
  media::Ticks part_start_ = 0;
  std::uint32_t part_frames_ = 0;
  bool part_independent_ = false;
  bool wait_for_independent_ = true;
  std::optional<Pending> pending_;
};

}  // namespace spacecast::hls
