// Tells what a microphone picks up of the others from what its speaker says. Everybody is sent the
// others' sum, so what may come back is known: where the level of a microphone follows that sum,
// always equally late and equally much lower, the path is learned, and sound that is no louder than
// what the path explains is not the speaker's. A room does not change because its speaker talks or
// plays music: a path that was certain once is known until what it says should come back does not.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "speaker/spectrum.h"

namespace spacecast::speaker {

class EchoGate {
 public:
  using Bands = std::array<float, Spectrum::kBands>;

  // A hop of the microphone and what all others brought in the same hop; whether what the
  // microphone brought is only the others'.
  [[nodiscard]] bool update(const Bands& own, const Bands& others);

 private:
  static constexpr std::size_t kGroups = 3;  // Low, middle, high.
  static constexpr std::size_t kLags = 36;   // Hops: up to 0.7 s.
  using Levels = std::array<float, kGroups>;

  // Leaky sums over hops in which the others were heard.
  struct Path {
    float weight = 0;
    float own = 0, others = 0;  // dB, over all groups.
    float own_own = 0, others_others = 0, both = 0;
    Levels heard{};  // Hops of each group that loss was measured on.
    Levels loss{};   // dB, own - others.
    [[nodiscard]] float correlation() const;
  };

  void learn(const Levels& own);
  // The lag at which the microphone follows the others most closely, and how closely.
  [[nodiscard]] std::pair<std::size_t, float> closest() const;
  // Whether what should have come back has been missed for long enough.
  [[nodiscard]] bool is_gone(const Levels& own);
  // The most that comes back now.
  [[nodiscard]] Levels expected() const;
  [[nodiscard]] const Levels& sent(std::size_t hops_ago) const {
    return sent_[(at_ + sent_.size() - hops_ago) % sent_.size()];
  }

  std::array<Levels, kLags + 4> sent_{};
  std::size_t at_ = 0;
  std::array<Path, kLags> paths_{};
  // The path in use.
  bool known_ = false;
  bool certain_ = false;
  std::size_t lag_ = 0;
  Levels loss_{};
  int missed_ = 0;  // How often what should have come back did not, less how often it did.
};

}  // namespace spacecast::speaker
