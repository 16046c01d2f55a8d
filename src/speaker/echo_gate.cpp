#include "speaker/echo_gate.h"

#include <algorithm>
#include <cmath>

namespace spacecast::speaker {

namespace {

constexpr float kQuietest = -75.0F;  // dBov, of a group of bands: below, all is alike.
constexpr float kHeard = -52.0F;     // The others, in any group.
constexpr float kForget = 0.996F;    // A hop: about 5 s of what was sent.
constexpr float kEnough = 30;        // Hops before a path can be known,
constexpr float kSure = 0.4F;        // and how closely levels have to follow.
constexpr float kLossRate = 0.02F;
constexpr float kAboveQuietest = 25;  // dB: what loss is measured on.
constexpr float kMargin = 7.0F;       // dB that a path's level varies by.
constexpr std::size_t kTail = 3;      // Hops that an echo rings on for.
constexpr std::array<std::size_t, 4> kSplit{0, 3, 6, Spectrum::kBands};

}  // namespace

float EchoGate::Path::correlation() const {
  if (weight < kEnough) return 0;
  const float n = weight * static_cast<float>(kGroups);
  const float own_variance = own_own / n - (own / n) * (own / n);
  const float others_variance = others_others / n - (others / n) * (others / n);
  // A microphone that stays at its floor follows nobody.
  if (own_variance < 6 || others_variance < 6) return 0;
  return (both / n - (own / n) * (others / n)) / std::sqrt(own_variance * others_variance);
}

bool EchoGate::update(const Bands& own, const Bands& others) {
  const auto levels = [](const Bands& bands) {
    Levels result{};
    for (std::size_t group = 0; group < kGroups; ++group) {
      float power = 1e-12F;
      for (std::size_t band = kSplit[group]; band < kSplit[group + 1]; ++band) power += bands[band];
      result[group] = std::max(10 * std::log10(power), kQuietest);
    }
    return result;
  };
  at_ = (at_ + 1) % sent_.size();
  sent_[at_] = levels(others);
  const Levels now = levels(own);
  const bool echo = known_ && explained(now);
  learn(now);
  return echo;
}

void EchoGate::learn(const Levels& own) {
  float best = 0;
  for (std::size_t lag = 0; lag < kLags; ++lag) {
    Path& path = paths_[lag];
    const Levels& then = sent(lag);
    if (*std::ranges::max_element(then) >= kHeard) {
      for (float* sum : {&path.weight, &path.own, &path.others, &path.own_own, &path.others_others,
                         &path.both}) {
        *sum *= kForget;
      }
      path.weight += 1;
      for (std::size_t group = 0; group < kGroups; ++group) {
        // Relative to a level in between, so that the sums keep their digits.
        const float y = own[group] - kQuietest;
        const float x = then[group] - kQuietest;
        path.own += y;
        path.others += x;
        path.own_own += y * y;
        path.others_others += x * x;
        path.both += x * y;
        if (x < kAboveQuietest) continue;
        path.heard[group] += 1;
        const float rate = std::max(kLossRate, 1 / path.heard[group]);
        path.loss[group] += rate * (own[group] - then[group] - path.loss[group]);
      }
    }
    const float correlation = path.correlation();
    if (correlation > best) {
      best = correlation;
      best_ = lag;
    }
  }
  known_ = best > kSure;
}

bool EchoGate::explained(const Levels& own) const {
  const Path& path = paths_[best_];
  for (std::size_t group = 0; group < kGroups; ++group) {
    float loudest = kQuietest;
    const std::size_t from = best_ == 0 ? 0 : best_ - 1;
    for (std::size_t lag = from; lag <= best_ + kTail; ++lag) {
      loudest = std::max(loudest, sent(lag)[group]);
    }
    const float expected = std::max(loudest + path.loss[group], kQuietest);
    if (own[group] > expected + kMargin) return false;
  }
  return true;
}

}  // namespace spacecast::speaker
