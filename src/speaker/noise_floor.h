// The level of a microphone when nobody talks: the lowest level of the last seconds (minimum
// statistics). Falls at once; rises only when the whole window has been louder, which speech with
// its pauses never is, and a fan that was switched on is.
#pragma once

#include <array>
#include <cstddef>

namespace spacecast::speaker {

class NoiseFloor {
 public:
  NoiseFloor();
  // The level of one hop of 20 ms, dBov.
  void update(float level);
  // dBov, but not so low that breathing would be speech.
  [[nodiscard]] float level() const;
  // dBov, as it was heard: where words begin and end.
  [[nodiscard]] float room() const;

 private:
  static constexpr std::size_t kBlocks = 8;
  static constexpr std::size_t kHopsPerBlock = 50;  // 1 s.

  std::array<float, kBlocks> minima_;
  std::size_t block_ = 0;
  std::size_t hops_ = 0;
};

}  // namespace spacecast::speaker
