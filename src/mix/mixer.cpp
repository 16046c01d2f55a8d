#include "mix/mixer.h"

#include <algorithm>

namespace spacecast::mix {

Mixer::Mix Mixer::tick(std::span<const Input> inputs) {
  std::erase_if(returns_, [this](const auto& entry) { return entry.second.tick != tick_; });
  ++tick_;
  inputs_ = inputs;
  sum_.assign(kTickFrames, Frame{});
  for (const auto& [slot, own] : inputs_) {
    for (std::size_t i = 0; i < kTickFrames; ++i) {
      sum_[i].left += own[i].left;
      sum_[i].right += own[i].right;
    }
  }
  limiter_before_ = limiter_;
  limited_ = sum_;
  limiter_.process(limited_);
  return {limited_, true, peak(limited_) == 0};
}

bool Mixer::talks(unsigned slot) const {
  return std::ranges::any_of(inputs_, [&](const Input& input) {
    return input.slot == slot && peak(input.own) >= share_below_;
  });
}

Mixer::Mix Mixer::minus(unsigned slot) {
  Return& back = returns_[slot];
  back.tick = tick_;
  back.hangover = talks(slot) ? kHangover : std::max(0, back.hangover - 1);
  const bool talking = back.hangover > 0;
  if (back.shared && talking) {
    back.shared = false;
    back.share = 0;
    back.limiter = limiter_before_;
  }
  if (back.shared) return {limited_, true, peak(limited_) == 0};

  subtract(slot, back, talking);
  back.limiter.process(back.frames);
  // From the next tick on, where nobody hears the difference.
  if (!talking && back.share == 0 && back.limiter.agrees_with(limiter_)) back.shared = true;
  return {back.frames, false, peak(back.frames) == 0};
}

void Mixer::subtract(unsigned slot, Return& back, bool talking) {
  back.frames = sum_;
  const float begin = back.share;
  const float slope = talking ? kSlope : -kSlope;
  for (const auto& [number, own] : inputs_) {
    if (number != slot) continue;
    float share = begin;
    for (std::size_t i = 0; i < kTickFrames; ++i) {
      share = std::clamp(share + slope, 0.0F, 1.0F);
      back.frames[i].left -= share * own[i].left;
      back.frames[i].right -= share * own[i].right;
    }
  }
  // A tick is longer than the change.
  back.share = talking ? 1 : 0;
}

}  // namespace spacecast::mix
