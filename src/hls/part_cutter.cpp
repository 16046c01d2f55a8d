#include "hls/part_cutter.h"

#include <algorithm>
#include <cassert>

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

PartCutter::PartCutter(Config config, SegmentClock& clock)
    : config_(config),
      target_(largest_part(config.part_target, config.timescale)),
      floor_(smallest_part(config.part_target, config.timescale)),
      clock_(clock) {
  assert(config_.frame > 0 && config_.frame <= target_);
}

MediaTime PartCutter::time_of(Ticks ticks) const {
  return media::to_media_time(ticks, config_.timescale);
}

bool PartCutter::frame(Ticks at, bool independent, bool lead, std::vector<Step>& steps) {
  if (!begun_) return begin(at, independent, lead, steps);
  if (!pending_) {
    // After a gap. Frames whose time was given up for lost leave those after them undecodable.
    if (at < position_ || (wait_for_independent_ && !independent)) {
      wait_for_independent_ = true;
      ++counts_.late;
      return false;
    }
    wait_for_independent_ = false;
    fill(at, false, lead, steps);
    pending_ = Pending{at, independent};
    return true;
  }
  assert(at > pending_->at);
  const Ticks duration = at - pending_->at;
  const bool too_long_a_segment =
      duration > config_.frame && time_of(at) - time_of(segment_start_) >= clock_.limit();
  if (duration > target_ || too_long_a_segment) {
    interrupt(lead, steps);
    fill(at, false, lead, steps);
    pending_ = Pending{at, independent};
    return true;
  }
  take_pending(duration, steps);
  const Pending next{at, independent};
  if (starts_segment(next, lead)) {
    end_part(true, true, steps);
    cross_boundary(at);
  } else if (const Ticks length = position_ - part_start_; length >= floor_) {
    // Complete now, rather than when the next frame's duration proves that it is too much.
    const bool full = length + config_.frame > target_;
    const bool before_idr = independent && !config_.every_frame_independent;
    if (full || before_idr) end_part(false, false, steps);
  }
  pending_ = next;
  return true;
}

bool PartCutter::begin(Ticks at, bool independent, bool lead, std::vector<Step>& steps) {
  const bool allowed = clock_.started() ? time_of(at) >= clock_.epoch() : lead;
  if (!allowed || !independent) {
    ++counts_.before_start;
    return false;
  }
  if (!clock_.started()) clock_.start(time_of(at));
  begun_ = true;
  wait_for_independent_ = false;
  position_ = segment_start_ = std::min(media::to_ticks(clock_.epoch(), config_.timescale), at);
  if (at - position_ > target_) {
    ++counts_.gaps;
    fill(at, false, lead, steps);
  } else {
    position_ = segment_start_ = at;
  }
  pending_ = Pending{at, independent};
  return true;
}

void PartCutter::advance(MediaTime now, bool lead, std::vector<Step>& steps) {
  const Ticks to = media::to_ticks(now, config_.timescale);
  if (!begun_) {
    if (!clock_.started()) return;
    begun_ = true;
    position_ = segment_start_ = media::to_ticks(clock_.epoch(), config_.timescale);
    ++counts_.gaps;
  }
  if (pending_) {
    if (to - pending_->at <= target_) return;
    interrupt(lead, steps);
  }
  fill(to, true, lead, steps);
}

void PartCutter::end(std::vector<Step>& steps) {
  if (pending_) take_pending(config_.frame, steps);
  end_part(true, true, steps);
}

bool PartCutter::starts_segment(const Pending& next, bool lead) {
  const MediaTime time = time_of(next.at);
  if (const auto known = clock_.start_of(segment_ + 1)) return time >= *known;
  const bool on_line =
      lead && next.independent && time + time_of(config_.frame) / 2 >= clock_.due();
  const bool overdue = time_of(next.at + config_.frame) - time_of(segment_start_) >= clock_.limit();
  if (!on_line && !overdue) return false;
  if (!next.independent) ++counts_.dependent_segments;
  clock_.add(time);
  return true;
}

void PartCutter::take_pending(Ticks duration, std::vector<Step>& steps) {
  if (part_frames_ > 0 && position_ - part_start_ + duration > target_) {
    end_part(false, false, steps);
  }
  if (part_frames_ == 0) part_start_ = pending_->at;
  steps.push_back({Step::Kind::kFrame, pending_->at, duration, false, false});
  ++part_frames_;
  part_independent_ = part_independent_ || pending_->independent;
  position_ = pending_->at + duration;
  pending_.reset();
}

void PartCutter::end_part(bool last_of_segment, bool may_be_short, std::vector<Step>& steps) {
  if (part_frames_ == 0) return;
  const Ticks duration = position_ - part_start_;
  if (duration < floor_ && !may_be_short && !part_independent_) ++counts_.short_parts;
  steps.push_back({Step::Kind::kPart, part_start_, duration, part_independent_, last_of_segment});
  part_start_ = position_;
  part_frames_ = 0;
  part_independent_ = false;
}

// A hole begins: the frame before it has its nominal duration and ends its part.
void PartCutter::interrupt(bool lead, std::vector<Step>& steps) {
  ++counts_.gaps;
  take_pending(config_.frame, steps);
  const bool at_boundary = boundary(lead) <= position_;
  end_part(at_boundary, true, steps);
  if (!at_boundary) return;
  if (!clock_.start_of(segment_ + 1)) clock_.add(time_of(position_));
  cross_boundary(position_);
}

void PartCutter::fill(Ticks to, bool whole_parts_only, bool lead, std::vector<Step>& steps) {
  while (position_ < to) {
    Ticks end = position_ + target_;
    if (end >= to) {
      if (whole_parts_only) return;
      end = to;
    }
    const Ticks next_segment = boundary(lead);
    const bool last_of_segment = next_segment <= end;
    if (last_of_segment) {
      end = std::max(next_segment, position_ + 1);
      if (!clock_.start_of(segment_ + 1)) clock_.add(time_of(end));
    }
    steps.push_back({Step::Kind::kGap, position_, end - position_, false, last_of_segment});
    position_ = end;
    if (last_of_segment) cross_boundary(end);
  }
}

// Where, in a gap, the segment in progress ends: no frame is there to wait for.
Ticks PartCutter::boundary(bool lead) const {
  if (const auto known = clock_.start_of(segment_ + 1)) {
    return media::to_ticks(*known, config_.timescale);
  }
  if (lead) return media::to_ticks(clock_.due(), config_.timescale);
  return media::to_ticks(time_of(segment_start_) + clock_.limit(), config_.timescale) -
         config_.frame;
}

void PartCutter::cross_boundary(Ticks at) {
  ++segment_;
  segment_start_ = at;
}

}  // namespace spacecast::hls
