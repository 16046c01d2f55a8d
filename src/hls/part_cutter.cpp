#include "hls/part_cutter.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace spacecast::hls {
namespace {

using media::Ticks;

// Rounded down, and a nanosecond less: no part's duration, whatever it starts at, is then printed
// as more than the target.
Ticks largest_part(MediaTime target, std::uint32_t timescale) {
  return (target.count() - 1) * timescale / 1'000'000'000;
}

// 85 % of the target, rounded up.
Ticks smallest_part(MediaTime target, std::uint32_t timescale) {
  return (target.count() * 85 / 100 * timescale + 999'999'999) / 1'000'000'000;
}

}  // namespace

PartCutter::PartCutter(Config config, SegmentClock& clock) : clock_(clock) {
  configure(config);
}

void PartCutter::configure(const Config& config) {
  config_ = config;
  target_ = largest_part(config.part_target, config.timescale);
  floor_ = smallest_part(config.part_target, config.timescale);
  assert(config_.frame > 0 && config_.frame <= target_);
}

MediaTime PartCutter::time_of(Ticks ticks) const {
  return media::to_media_time(ticks, config_.timescale);
}

bool PartCutter::frame(Ticks at, bool independent, bool lead, std::vector<Step>& steps) {
  if (!begun_) return begin(at, independent, lead, steps);
  if (next_) return begin_changed(at, independent, lead, steps);
  if (!pending_) return resume(at, independent, lead, steps);
  assert(at > pending_->at);
  if (!pending_lasts_until(at)) {
    interrupt(lead, steps);
    fill(time_of(at), false, lead, steps);
    return take(at, independent);
  }
  take_pending(at - pending_->at, steps);
  const Pending next{at, independent};
  if (starts_segment(next, lead)) {
    end_part(true, true, steps);
    cross_boundary(steps);
  } else if (const Ticks length = position_ - part_start_; length >= floor_) {
    // Complete now, rather than when the next frame's duration proves that it is too much.
    const bool full = length + config_.frame > target_;
    const bool before_idr = independent && !config_.every_frame_independent;
    if (full || before_idr) end_part(false, false, steps);
  }
  return take(at, independent);
}

bool PartCutter::begin(Ticks at, bool independent, bool lead, std::vector<Step>& steps) {
  const bool allowed = clock_.started() ? time_of(at) >= clock_.epoch() : lead;
  if (!allowed || !independent) {
    ++counts_.before_start;
    return false;
  }
  if (!clock_.started()) clock_.start(time_of(at));
  begun_ = true;
  needs_independent_ = false;
  position_ = segment_start_ = std::min(media::to_ticks(clock_.epoch(), config_.timescale), at);
  if (at - position_ > target_) {
    ++counts_.gaps;
    fill(time_of(at), false, lead, steps);
  } else {
    position_ = segment_start_ = at;
  }
  return take(at, independent);
}

// After a gap. Frames whose time was given up for lost leave those after them undecodable.
bool PartCutter::resume(Ticks at, bool independent, bool lead, std::vector<Step>& steps) {
  if (at < position_) needs_independent_ = true;
  const bool of_use = at >= position_ && (independent || !needs_independent_);
  fill(time_of(at), !of_use, lead, steps);
  if (!of_use) ++counts_.late;
  return of_use && take(at, independent);
}

// The other encoder's frames have their place from the discontinuity on, the first one being
// independent. Until then the time is a gap.
bool PartCutter::begin_changed(Ticks at, bool independent, bool lead, std::vector<Step>& steps) {
  const MediaTime time = media::to_media_time(at, next_->timescale);
  const Ticks here = media::to_ticks(time, config_.timescale);
  const bool of_use = independent && here > (pending_ ? pending_->at : position_);
  if (of_use && pending_ && pending_lasts_until(here)) {
    if (!clock_.start_of(segment_ + 1)) begin_discontinuity(time, lead);
    if (discontinuity_is_next(time)) {
      take_pending(here - pending_->at, steps);
      end_part(true, true, steps);
      cross_boundary(steps);
      position_ = segment_start_ = at;
      return take(at, independent);
    }
  }
  if (pending_) interrupt(lead, steps);
  // A segment that begins in the gap may be the one.
  fill(time, true, lead, steps);
  if (of_use && next_ && position_ < here) begin_discontinuity(time, lead);
  if (of_use && (!next_ || discontinuity_is_next(time))) fill(time, false, lead, steps);
  if (of_use && !next_ && at >= position_) return take(at, independent);
  ++counts_.at_change;
  return false;
}

void PartCutter::begin_discontinuity(MediaTime time, bool lead) {
  if (lead && clock_.discontinuity_wished() && time > clock_.latest()) clock_.add(time);
}

bool PartCutter::discontinuity_is_next(MediaTime time) const {
  const auto next = clock_.start_of(segment_ + 1);
  return next && *next <= time && clock_.discontinuity_at(segment_ + 1);
}

bool PartCutter::take(Ticks at, bool independent) {
  if (needs_independent_ && !independent) {
    ++counts_.late;
    return false;
  }
  needs_independent_ = false;
  pending_ = Pending{at, independent};
  return true;
}

void PartCutter::advance(MediaTime now, bool lead, std::vector<Step>& steps) {
  if (!clock_.started()) return;
  const Ticks to = media::to_ticks(now, config_.timescale);
  if (!begun_) {
    const Ticks epoch = media::to_ticks(clock_.epoch(), config_.timescale);
    if (to - epoch < target_) return;
    begun_ = true;
    position_ = segment_start_ = epoch;
    ++counts_.gaps;
  }
  if (pending_) {
    // Not before a whole gap fits behind it: its part may be short only in front of one.
    if (to - pending_->at - config_.frame < target_) return;
    interrupt(lead, steps);
  }
  fill(now, true, lead, steps);
}

void PartCutter::change(const Config& next, std::vector<Step>& steps) {
  assert(next.part_target == config_.part_target);
  if (!begun_) {
    configure(next);
    steps.push_back({.kind = Step::Kind::kChange});
    return;
  }
  next_ = next;
  if (!clock_.discontinuity_after(segment_)) clock_.wish_discontinuity();
}

void PartCutter::end(std::vector<Step>& steps) {
  if (pending_) take_pending(config_.frame, steps);
  end_part(true, true, steps);
}

bool PartCutter::before_discontinuity(MediaTime now) const {
  if (!begun_ || next_) return false;
  const auto start = clock_.discontinuity_after(segment_);
  return start && *start <= now;
}

bool PartCutter::starts_segment(const Pending& next, bool lead) {
  const MediaTime time = time_of(next.at);
  const MediaTime half = time_of(config_.frame) / 2;
  if (const auto known = clock_.start_of(segment_ + 1)) {
    // A picture of another rate than what leads may be a little early for it.
    const bool early =
        next.independent && !config_.every_frame_independent && time + half >= *known;
    if (!early && time < *known) return false;
    if (!next.independent && !clock_.discontinuity_at(segment_ + 1)) ++counts_.dependent_segments;
    return true;
  }
  const bool on_line =
      lead && next.independent && (time + half >= clock_.due() || clock_.discontinuity_wished());
  const bool overdue = time_of(next.at + config_.frame) >= end_at_latest();
  if ((!on_line && !overdue) || time <= clock_.latest()) return false;
  if (!next.independent) ++counts_.dependent_segments;
  clock_.add(time);
  return true;
}

// Or whether frames are missing between the pending one and the one at that time.
bool PartCutter::pending_lasts_until(Ticks at) const {
  const Ticks duration = at - pending_->at;
  const bool too_long_a_segment = duration > config_.frame && time_of(at) >= end_at_latest();
  return duration <= target_ && !too_long_a_segment;
}

void PartCutter::take_pending(Ticks duration, std::vector<Step>& steps) {
  if (part_frames_ > 0 && position_ - part_start_ + duration > target_) {
    end_part(false, false, steps);
  }
  if (part_frames_ == 0) part_start_ = pending_->at;
  steps.push_back({.kind = Step::Kind::kFrame, .start = pending_->at, .duration = duration});
  ++part_frames_;
  part_independent_ = part_independent_ || pending_->independent;
  position_ = pending_->at + duration;
  pending_.reset();
}

void PartCutter::end_part(bool last_of_segment, bool may_be_short, std::vector<Step>& steps) {
  if (part_frames_ == 0) return;
  const Ticks duration = position_ - part_start_;
  if (duration < floor_ && !may_be_short && !part_independent_) ++counts_.short_parts;
  steps.push_back({Step::Kind::kPart, part_start_, duration, part_independent_, last_of_segment,
                   discontinuity_});
  part_start_ = position_;
  part_frames_ = 0;
  part_independent_ = false;
}

// A hole begins: the frame before it has its nominal duration and ends its part. Players drop what
// follows a gap up to a frame that they can start with, so only that is published.
void PartCutter::interrupt(bool lead, std::vector<Step>& steps) {
  ++counts_.gaps;
  needs_independent_ = true;
  take_pending(config_.frame, steps);
  const bool at_boundary = boundary(lead) <= position_;
  end_part(at_boundary, true, steps);
  if (!at_boundary) return;
  if (!clock_.start_of(segment_ + 1)) clock_.add(time_of(position_));
  cross_boundary(steps);
}

void PartCutter::fill(MediaTime until, bool whole_parts_only, bool lead, std::vector<Step>& steps) {
  while (true) {
    const Ticks to = media::to_ticks(until, config_.timescale);
    if (position_ >= to) return;
    Ticks next_segment = boundary(lead);
    // The frame that comes opens the segment, rather than a gap that is shorter than a frame.
    if (next_segment < to && to - next_segment < config_.frame) {
      next_segment = whole_parts_only ? to + 1 : to;
    }
    Ticks end = position_ + target_;
    const bool last_of_segment = next_segment <= std::min(end, to);
    if (last_of_segment) {
      end = std::max(next_segment, position_ + 1);
      if (!clock_.start_of(segment_ + 1)) clock_.add(time_of(end));
    } else if (end > to) {
      if (whole_parts_only) return;
      end = to;
    }
    steps.push_back(
        {Step::Kind::kGap, position_, end - position_, false, last_of_segment, discontinuity_});
    position_ = end;
    if (last_of_segment) cross_boundary(steps);
  }
}

// Where, in a gap, the segment in progress ends: no frame is there to wait for.
Ticks PartCutter::boundary(bool lead) const {
  if (const auto known = clock_.start_of(segment_ + 1)) {
    return media::to_ticks(*known, config_.timescale);
  }
  if (lead) return media::to_ticks(clock_.due(), config_.timescale);
  return media::to_ticks(end_at_latest(), config_.timescale) - config_.frame;
}

// Where nothing is decided, that of all renditions counts, and not only of this one.
MediaTime PartCutter::end_at_latest() const {
  const MediaTime start = time_of(segment_start_);
  if (clock_.start_of(segment_ + 1)) return start + clock_.limit();
  return std::min(start, clock_.latest()) + clock_.longest();
}

// To the next segment, which starts at the end of what has been decided.
void PartCutter::cross_boundary(std::vector<Step>& steps) {
  ++segment_;
  segment_start_ = position_;
  discontinuity_ = clock_.discontinuity_at(segment_);
  if (!discontinuity_) return;
  // What decodes a frame does not reach across.
  needs_independent_ = true;
  if (!next_) return;
  const MediaTime start = time_of(position_);
  configure(*std::exchange(next_, std::nullopt));
  position_ = segment_start_ = part_start_ = media::to_ticks(start, config_.timescale);
  steps.push_back({.kind = Step::Kind::kChange});
}

}  // namespace spacecast::hls
