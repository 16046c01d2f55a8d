// Keeps a mix below full scale without clipping it. It looks 3 ms ahead: the gain has come down in
// a straight line before a peak is there, and goes up again within some tenths of a second. What is
// below the ceiling passes unchanged. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "mix/grid.h"

namespace spacecast::mix {

class Limiter {
 public:
  static constexpr std::size_t kLookAhead = 144;
  static constexpr float kCeiling = 0.891F;  // -1 dBFS.

  // In place, in multiples of 1 ms; what comes out is kLookAhead frames late.
  void process(std::span<Frame> block);
  // Fed with the same from now on, both give the same, but for a hundredth of a decibel.
  [[nodiscard]] bool agrees_with(const Limiter& other) const;

 private:
  // The gain is worked out once a millisecond, with straight lines in between.
  static constexpr std::size_t kStep = 48;
  static constexpr std::size_t kSteps = kLookAhead / kStep;

  [[nodiscard]] bool idle() const;
  void process_step(std::span<Frame, kStep> step);
  [[nodiscard]] float next_gain(float allowed);

  std::array<Frame, kLookAhead> waiting_{};
  // What each step in waiting_ allows, and one before; oldest first.
  std::array<float, kSteps + 1> allowed_ = {1, 1, 1, 1};
  std::array<float, kSteps> held_ = {1, 1, 1};
  float gain_ = 1;  // At the end of what came out last.
};

}  // namespace spacecast::mix
