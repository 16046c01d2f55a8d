// Follows the difference between a source's sample clock and the pipeline's clock: a control loop
// of second order that turns how far the source's samples are from their timestamps into the rate
// at which they are to be read. It is slow on purpose: timestamps jitter by milliseconds, and what
// follows them within seconds would be heard as a waver.
#pragma once

#include <algorithm>

namespace spacecast::mix {

class DriftControl {
 public:
  // Crystals are within 100 ppm; two of them and some margin.
  static constexpr double kMax = 500e-6;

  // `error`: by how many samples of the grid the timestamps are ahead of the sample count.
  // `seconds`: since the last update. Returns how much faster than nominal to read, within kMax.
  double update(double error, double seconds) {
    const double ahead = error / kRate;
    integral_ = std::clamp(integral_ - kFrequency * kFrequency * ahead * seconds, -kMax, kMax);
    rate_ = std::clamp(integral_ - 2 * kFrequency * ahead, -kMax, kMax);
    return rate_;
  }
  // The drift as far as it is known: positive where the source's clock is the faster one.
  [[nodiscard]] double drift() const { return integral_; }
  [[nodiscard]] double rate() const { return rate_; }

 private:
  static constexpr double kRate = 48'000;
  // Of the critically damped loop, in rad/s: it settles in about a minute, and a drift of 200 ppm
  // costs at most 1.5 ms until then.
  static constexpr double kFrequency = 0.05;

  double integral_ = 0;
  double rate_ = 0;
};

}  // namespace spacecast::mix
