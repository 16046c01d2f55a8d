#include "speaker/hop_queue.h"

#include <algorithm>
#include <cmath>

#include "speaker/decision.h"

namespace spacecast::speaker {

namespace {

constexpr unsigned kMinRate = 4'000;
constexpr unsigned kMaxRate = 768'000;
// Half a hop: less than the shortest packet anybody sends, so a lost packet leaves its gap.
constexpr MediaTime kTolerance = 10ms;
// Times beyond a century are not times. Keeps the arithmetic below far from its limits.
constexpr MediaTime kLatest = std::chrono::hours(24 * 36500);
constexpr std::int64_t kSecond = 1'000'000'000;

float sane(float sample) {
  return std::isfinite(sample) ? std::clamp(sample, -1.0F, 1.0F) : 0.0F;
}

}  // namespace

MediaTime HopQueue::position() const {
  return anchor_ + MediaTime(count_ * kSecond / rate_);
}

void HopQueue::push(MediaTime start, unsigned rate, std::span<const float> samples) {
  if (rate < kMinRate || rate > kMaxRate || start < MediaTime::zero() || start > kLatest) return;
  if (rate != rate_ || std::chrono::abs(start - position()) > kTolerance) {
    anchor_ = start;
    count_ = 0;
    rate_ = rate;
  }
  while (!samples.empty()) {
    const std::int64_t hop = position() / kHop;
    // The hop's last sample is the last one whose exact time lies before the hop's end.
    const std::int64_t until_end = ((hop + 1) * kHop - anchor_).count() * rate_;
    const std::int64_t end = (until_end + kSecond - 1) / kSecond;
    const auto n = std::min(static_cast<std::size_t>(end - count_), samples.size());
    put(hop, samples.first(n));
    samples = samples.subspan(n);
    count_ += static_cast<std::int64_t>(n);
    // Whole seconds go into the anchor, which loses nothing and keeps the products small.
    anchor_ += std::chrono::seconds(count_ / rate_);
    count_ %= rate_;
  }
}

void HopQueue::put(std::int64_t hop, std::span<const float> samples) {
  if (hop < next_ || hop >= next_ + kMaxHops) return;
  const auto at = static_cast<std::size_t>(hop - next_);
  if (at >= pending_.size()) pending_.resize(at + 1);
  Pending& pending = pending_[at];
  if (pending.rate != rate_) pending = Pending{rate_, {}};
  // A hop takes no more than it has room for: what is sent twice counts once.
  const std::size_t room = (rate_ + 49) / 50;
  const std::size_t n = std::min(samples.size(), room - std::min(room, pending.samples.size()));
  std::ranges::transform(samples.first(n), std::back_inserter(pending.samples), sane);
}

Hop HopQueue::take() {
  taken_ = {};
  if (!pending_.empty()) {
    taken_ = std::move(pending_.front());
    pending_.pop_front();
  }
  return {next_++, taken_.rate, taken_.samples};
}

void HopQueue::skip_to(std::int64_t hop) {
  while (next_ < hop && !pending_.empty()) {
    pending_.pop_front();
    ++next_;
  }
  next_ = std::max(next_, hop);
}

}  // namespace spacecast::speaker
