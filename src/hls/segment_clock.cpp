#include "hls/segment_clock.h"

#include <cassert>
#include <utility>

namespace spacecast::hls {
namespace {

// More than a rendition can lag behind: the packager fills gaps of up to ten minutes, and segments
// are mostly of one second at least.
constexpr std::size_t kRemembered = 1024;
// A start that is no further before a line (an encoder that rounds) stands for that line. The
// segment is longer by that, and still below longest().
constexpr MediaTime kBeforeLine = std::chrono::milliseconds(200);

}  // namespace

void SegmentClock::start(MediaTime epoch) {
  assert(!started());
  epoch_ = epoch;
  starts_.push_back({epoch, false});
}

std::optional<MediaTime> SegmentClock::start_of(std::uint64_t index) const {
  assert(index >= first_);
  const std::uint64_t at = index - first_;
  if (at >= starts_.size()) return {};
  return starts_[at].time;
}

MediaTime SegmentClock::due() const {
  const auto lines = (latest() + kBeforeLine - epoch_) / target_;
  return epoch_ + (lines + 1) * target_;
}

void SegmentClock::add(MediaTime time) {
  assert(started() && time > latest());
  starts_.push_back({time, std::exchange(wished_, false)});
  if (starts_.size() > kRemembered) {
    starts_.pop_front();
    ++first_;
  }
}

bool SegmentClock::discontinuity_at(std::uint64_t index) const {
  assert(index >= first_ && index - first_ < starts_.size());
  return starts_[index - first_].discontinuity;
}

std::optional<MediaTime> SegmentClock::discontinuity_after(std::uint64_t index) const {
  for (std::uint64_t next = index + 1; next - first_ < starts_.size(); ++next) {
    if (starts_[next - first_].discontinuity) return starts_[next - first_].time;
  }
  return {};
}

}  // namespace spacecast::hls
