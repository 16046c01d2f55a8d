#include "mix/limiter.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace spacecast::mix {

namespace {

// Of the way back to 1, each millisecond: a time constant of 200 ms. Faster, and the gain would
// follow the wave of a low voice.
constexpr float kRelease = 0.005F;
constexpr float kNearlyOne = 0.9999F;
constexpr float kSame = 1e-3F;

}  // namespace

bool Limiter::idle() const {
  return gain_ == 1 && std::ranges::all_of(allowed_, [](float gain) { return gain == 1; }) &&
         std::ranges::all_of(held_, [](float gain) { return gain == 1; });
}

void Limiter::process(std::span<Frame> block) {
  if (idle() && block.size() >= kLookAhead && peak(block) <= kCeiling) {
    // Nothing to do but to wait.
    std::array<Frame, kLookAhead> tail;
    std::ranges::copy(block.last<kLookAhead>(), tail.begin());
    std::ranges::copy_backward(block.first(block.size() - kLookAhead), block.end());
    std::ranges::copy(waiting_, block.begin());
    waiting_ = tail;
    return;
  }
  for (; block.size() >= kStep; block = block.subspan(kStep)) process_step(block.first<kStep>());
}

void Limiter::process_step(std::span<Frame, kStep> step) {
  const float highest = peak(step);
  const float target = next_gain(highest > kCeiling ? kCeiling / highest : 1);
  std::array<Frame, kStep> out;
  std::ranges::copy_n(waiting_.begin(), kStep, out.begin());
  std::ranges::copy(waiting_.begin() + kStep, waiting_.end(), waiting_.begin());
  std::ranges::copy(step, waiting_.end() - kStep);
  for (std::size_t i = 0; i < kStep; ++i) {
    const float gain = std::lerp(gain_, target, static_cast<float>(i + 1) / kStep);
    step[i] = {out[i].left * gain, out[i].right * gain};
  }
  gain_ = target;
}

// The gain at the end of the step that comes out now. It is the mean of the last kSteps held gains.
// Each of them is a minimum that includes this step and the next one, so the line between two means
// exceeds what neither of them allows.
float Limiter::next_gain(float allowed) {
  std::shift_left(allowed_.begin(), allowed_.end(), 1);
  allowed_.back() = allowed;
  const float last = held_.back();
  float recovered = last + (1 - last) * kRelease;
  if (recovered > kNearlyOne) recovered = 1;
  std::shift_left(held_.begin(), held_.end(), 1);
  held_.back() = std::min(recovered, *std::ranges::min_element(allowed_));
  return std::min(1.0F, std::accumulate(held_.begin(), held_.end(), 0.0F) / kSteps);
}

bool Limiter::agrees_with(const Limiter& other) const {
  return waiting_ == other.waiting_ && std::abs(gain_ - other.gain_) < kSame &&
         std::abs(held_.back() - other.held_.back()) < kSame;
}

}  // namespace spacecast::mix
