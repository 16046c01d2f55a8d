#include "pipelines/clip.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

namespace spacecast {
namespace {

double seconds(MediaTime time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

Clip::Clip(std::vector<ClipFrame> frames)
    : frames_(std::move(frames)), length_(frames_.back().pts + frames_.back().duration) {}

Result<std::shared_ptr<const Clip>> Clip::create(std::vector<ClipFrame> frames) {
  frames.erase(frames.begin(), std::ranges::find(frames, true, &ClipFrame::key));
  if (frames.empty()) return fail(ErrorCode::kInvalidArgument, "no key frame in the clip");

  const MediaTime origin = frames.front().pts;
  std::size_t bytes = 0;
  MediaTime last{-1};
  for (ClipFrame& frame : frames) {
    frame.pts -= origin;
    if (frame.pts <= last || frame.duration <= MediaTime::zero()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("timestamps must rise: {:.6f} s follows {:.6f} s, duration {:.6f} s",
                              seconds(frame.pts), seconds(last), seconds(frame.duration)));
    }
    last = frame.pts;
    bytes += frame.bytes.size();
  }
  if (last >= kLengthMax || bytes > kBytesMax) {
    return fail(
        ErrorCode::kLimit,
        fmt::format("a clip of {:.1f} s and {} bytes; at most {:.0f} s and {} bytes are held",
                    seconds(last), bytes, seconds(kLengthMax), kBytesMax));
  }
  return std::shared_ptr<const Clip>(new Clip(std::move(frames)));
}

MediaTime Clip::key_interval() const {
  MediaTime longest{};
  MediaTime previous{};
  for (const ClipFrame& frame : frames_) {
    if (!frame.key) continue;
    longest = std::max(longest, frame.pts - previous);
    previous = frame.pts;
  }
  return std::max(longest, length_ - previous);
}

ClipLoop::ClipLoop(std::shared_ptr<const Clip> clip, MediaTime period, MediaTime phase)
    : clip_(std::move(clip)), period_(period), phase_(phase) {
  assert(period_ > MediaTime::zero() && phase_ >= MediaTime::zero() && phase_ < period_);
  // Ends within one repetition after the phase: every repetition starts with a key frame.
  for (Item item = peek(); !item.frame->key || item.pts < phase_; item = peek()) ++index_;
}

ClipLoop::Item ClipLoop::peek() {
  if (index_ == clip_->frames().size()) {
    repeat_start_ += clip_->length();
    index_ = 0;
  }
  if (repeat_start_ + clip_->frames()[index_].pts >= period_start_ + period_) {
    period_start_ += period_;
    repeat_start_ = period_start_;
    index_ = 0;
  }
  const ClipFrame& frame = clip_->frames()[index_];
  return {&frame, repeat_start_ + frame.pts};
}

ClipLoop::Item ClipLoop::next() {
  Item item = peek();
  if (item.frame->key) behind_ = 0;
  item.frame -= behind_;
  ++index_;
  item.pts -= phase_;
  return item;
}

void ClipLoop::repeat_group() {
  behind_ = 0;
  for (const ClipFrame* frame = peek().frame; !frame->key; --frame) ++behind_;
}

}  // namespace spacecast
