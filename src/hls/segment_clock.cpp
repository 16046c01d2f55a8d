#include "hls/segment_clock.h"

#include <cassert>

namespace spacecast::hls {
namespace {

// More than a rendition can lag behind: the packager fills gaps of up to ten minutes, and the
// shortest segments are of one second.
constexpr std::size_t kRemembered = 1024;

}  // namespace

void SegmentClock::start(MediaTime epoch) {
  assert(!started());
  epoch_ = epoch;
  starts_.push_back(epoch);
}

std::optional<MediaTime> SegmentClock::start_of(std::uint64_t index) const {
  assert(index >= first_);
  const std::uint64_t at = index - first_;
  if (at >= starts_.size()) return {};
  return starts_[at];
}

MediaTime SegmentClock::due() const {
  // A start shortly before a line (an encoder that rounds) stands for that line.
  const auto lines = (starts_.back() + target_ / 4 - epoch_) / target_;
  return epoch_ + (lines + 1) * target_;
}

void SegmentClock::add(MediaTime time) {
  assert(started() && time > starts_.back());
  starts_.push_back(time);
  if (starts_.size() > kRemembered) {
    starts_.pop_front();
    ++first_;
  }
}

}  // namespace spacecast::hls
