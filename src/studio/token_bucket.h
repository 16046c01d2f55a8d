// A rate limit: what may happen at once, and how fast it may go on. Pure.
#pragma once

#include <algorithm>
#include <chrono>

namespace spacecast::studio {

class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;

  // Full at first. `burst` is at least 1, `per_second` above 0.
  TokenBucket(double burst, double per_second)
      : burst_(burst), per_second_(per_second), tokens_(burst) {}

  // Zero where one was there to take, else how long it is until there is one. Times do not go back.
  [[nodiscard]] Seconds take(Clock::time_point now) {
    if (last_ != Clock::time_point()) {
      tokens_ = std::min(burst_, tokens_ + Seconds(now - last_).count() * per_second_);
    }
    last_ = now;
    if (tokens_ < 1) return Seconds((1 - tokens_) / per_second_);
    tokens_ -= 1;
    return Seconds(0);
  }

 private:
  double burst_, per_second_, tokens_;
  Clock::time_point last_{};
};

}  // namespace spacecast::studio
