// One speaker's audio on the grid of hops. Blocks come in with timestamps, in any size; hops are
// taken out one after the other, whether or not audio came for them. Memory is bounded: at most
// kMaxHops wait.
//
// Samples that follow each other within 10 ms of where their timestamp says count as continuous, so
// timestamps may be rounded and may jitter without a seam. Beyond that the timestamp wins: gaps
// stay empty, repeats and what comes too late are dropped. How the samples were divided into blocks
// makes no difference.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "base/media_time.h"

namespace spacecast::speaker {

// The samples that came for one hop, in order. Not necessarily all of it: rate / 50 would be whole.
struct Hop {
  std::int64_t index = 0;
  unsigned rate = 0;  // Hz; 0 where nothing came.
  std::span<const float> samples;
};

class HopQueue {
 public:
  static constexpr std::int64_t kMaxHops = 250;  // 5 s.

  explicit HopQueue(std::int64_t first_hop) : next_(first_hop) {}

  // Mono, full scale 1.0. What is not a number counts as zero, what is beyond full scale as full
  // scale. Ignored: rates outside 4 kHz to 768 kHz; what lies before the next hop or kMaxHops after
  // it.
  void push(MediaTime start, unsigned rate, std::span<const float> samples);
  // The next hop; its samples are valid until the next call.
  [[nodiscard]] Hop take();
  // Drops the hops before `hop`.
  void skip_to(std::int64_t hop);
  [[nodiscard]] std::int64_t next() const { return next_; }

 private:
  struct Pending {
    unsigned rate = 0;
    std::vector<float> samples;
  };

  void put(std::int64_t hop, std::span<const float> samples);
  [[nodiscard]] MediaTime position() const;

  std::int64_t next_;
  std::deque<Pending> pending_;  // pending_[i] is hop next_ + i.
  Pending taken_;
  // The next sample's time is anchor_ + count_ / rate_; count_ stays below rate_.
  MediaTime anchor_{};
  std::int64_t count_ = 0;
  unsigned rate_ = 0;
};

}  // namespace spacecast::speaker
