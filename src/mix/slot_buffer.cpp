#include "mix/slot_buffer.h"

#include <algorithm>
#include <cmath>

#include "mix/interpolator.h"

namespace spacecast::mix {

namespace {

// Keeps the arithmetic below far from its limits.
constexpr MediaTime kLatest = std::chrono::hours(24 * 3650);
// +18 dB: beyond that it is no sound but a fault, and it would take the precision of the sum.
constexpr float kLoudest = 8;
constexpr float kSlope = 1.0F / kFade;
// The control loop is told of no longer times, whatever the size of the blocks.
constexpr double kLongestStep = 0.1;

// A time as a place on the grid: 48 frames a millisecond are 6 in 125,000 ns.
struct Place {
  std::int64_t frame = 0;
  double fraction = 0;
};

Place place_of(MediaTime time) {
  const std::int64_t scaled = time.count() * 6;
  return {scaled / 125'000, static_cast<double>(scaled % 125'000) / 125'000};
}

float sane(float sample) {
  return std::isfinite(sample) ? std::clamp(sample, -kLoudest, kLoudest) : 0.0F;
}

}  // namespace

SlotBuffer::SlotBuffer(std::int64_t first)
    : ring_(static_cast<std::size_t>(kCapacity)), read_(first) {}

void SlotBuffer::push(MediaTime start, std::span<const Frame> frames) {
  if (frames.empty() || start < MediaTime::zero() || start > kLatest) return;
  const Place at = place_of(start);
  if (running_) {
    // Where the sample count says that this block begins.
    const double ahead = static_cast<double>(source_[0].size()) - position_;
    const double error =
        static_cast<double>(at.frame - next_) + at.fraction - ahead / (1 + drift_.rate());
    if (std::abs(error) <= kTolerance) {
      drift_.update(error, std::min(static_cast<double>(frames.size()) / kRate, kLongestStep));
    } else if (at.frame >= stretch_ && error <= kTolerance - static_cast<double>(frames.size())) {
      // All of it is there already: a repeat.
      return;
    } else {
      running_ = false;
    }
  }
  if (!running_) begin_run(at.frame, at.fraction);
  append(frames);
  interpolate();
}

void SlotBuffer::begin_run(std::int64_t at, double fraction) {
  // Silence before the first sample, for the taps to reach into.
  for (auto& channel : source_) channel.assign(Interpolator::kBefore, 0.0F);
  position_ = static_cast<double>(Interpolator::kBefore) - fraction;
  next_ = stretch_ = at;
  running_ = true;
  joined_ = false;
  // Timestamps that went ahead and came back: the reader has not seen what was there.
  while (!runs_.empty() && runs_.back().begin >= std::max(next_, read_ + kFade)) runs_.pop_back();
  // What has sound already keeps it.
  if (!runs_.empty() && next_ < runs_.back().end) skip(runs_.back().end - next_);
}

void SlotBuffer::append(std::span<const Frame> frames) {
  for (const Frame& frame : frames) {
    source_[0].push_back(sane(frame.left));
    source_[1].push_back(sane(frame.right));
  }
}

void SlotBuffer::skip(std::int64_t frames) {
  position_ += static_cast<double>(frames) * (1 + drift_.rate());
  next_ += frames;
  joined_ = false;
}

// Makes all frames that the source's samples are enough for.
void SlotBuffer::interpolate() {
  constexpr std::size_t kReach = Interpolator::kTaps - Interpolator::kBefore;
  const double step = 1 + drift_.rate();
  const auto size = static_cast<double>(source_[0].size());
  if (next_ < read_) {
    const double left = std::max(0.0, std::ceil((size - kReach - position_) / step));
    const auto missed = std::min(read_ - next_, static_cast<std::int64_t>(left));
    late_ += static_cast<std::uint64_t>(missed);
    skip(missed);
  }
  for (; position_ + kReach < size; position_ += step, ++next_) {
    const auto index = static_cast<std::size_t>(position_);
    const auto weights = Interpolator::weights(position_ - static_cast<double>(index));
    const auto around = [&](const std::vector<float>& channel) {
      return std::span<const float, Interpolator::kTaps>(
          channel.data() + (index + 1 - Interpolator::kBefore), Interpolator::kTaps);
    };
    joined_ = put({Interpolator::apply(weights, around(source_[0])),
                   Interpolator::apply(weights, around(source_[1]))});
  }
  // What no later frame needs. A position beyond the samples waits for those that come.
  const auto used = std::min(static_cast<std::size_t>(position_), source_[0].size());
  const std::size_t spent = used - std::min(used, Interpolator::kBefore);
  for (auto& channel : source_) {
    channel.erase(channel.begin(), channel.begin() + static_cast<std::ptrdiff_t>(spent));
  }
  position_ -= static_cast<double>(spent);
}

// False where there is no room: the next frame does not continue the last run.
bool SlotBuffer::put(Frame frame) {
  if (next_ < read_ || next_ >= read_ + kCapacity) return false;
  if (!joined_ || runs_.empty()) {
    if (runs_.size() >= kMaxRuns) return false;
    if (!joined_) ++stretches_;
    runs_.push_back({next_, next_});
  }
  ring_at(next_) = frame;
  runs_.back().end = next_ + 1;
  return true;
}

void SlotBuffer::cut() {
  running_ = false;
  const std::int64_t end = read_ + kFade;
  while (!runs_.empty() && runs_.back().begin >= end) runs_.pop_back();
  if (!runs_.empty()) runs_.back().end = std::min(runs_.back().end, end);
}

bool SlotBuffer::read(std::int64_t from, std::span<Frame> out) {
  std::ranges::fill(out, Frame{});
  if (from < read_) return false;
  if (from != read_) gain_ = 0;
  const std::int64_t end = from + static_cast<std::int64_t>(out.size());
  read_ = end;
  bool heard = false;
  std::int64_t sounding = from;
  for (const Run& run : runs_) {
    if (run.begin >= end) break;
    if (run.end <= from) continue;
    if (run.begin > sounding) gain_ = 0;
    read_run(run, from, out);
    sounding = run.end;
    heard = true;
  }
  if (sounding < end) gain_ = 0;
  while (!runs_.empty() && runs_.front().end <= end) runs_.pop_front();
  return heard;
}

void SlotBuffer::read_run(const Run& run, std::int64_t from, std::span<Frame> out) {
  const std::int64_t begin = std::max(run.begin, from);
  const std::int64_t end = std::min(run.end, from + static_cast<std::int64_t>(out.size()));
  for (std::int64_t i = begin; i < end; ++i) {
    const Frame& frame = ring_at(i);
    gain_ = std::min({1.0F, gain_ + kSlope, static_cast<float>(run.end - i) * kSlope});
    const float shape = fade_shape(gain_);
    out[static_cast<std::size_t>(i - from)] = {frame.left * shape, frame.right * shape};
  }
}

}  // namespace spacecast::mix
