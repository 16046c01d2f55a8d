// Chance that is the same on every machine: the standard's generators are, its distributions are
// not.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace spacecast::score {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  // splitmix64 (Steele, Lea, Flood 2014).
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  double uniform(double low = 0, double high = 1) {
    return low + (high - low) * static_cast<double>(next() >> 11U) * 0x1.0p-53;
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
  bool chance(double probability) { return uniform() < probability; }
  double exponential(double mean) { return -mean * std::log(1 - uniform()); }
  // White noise with a power of one.
  float white() { return static_cast<float>(uniform(-1, 1) * 1.7320508); }

 private:
  std::uint64_t state_;
};

}  // namespace spacecast::score
