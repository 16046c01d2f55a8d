#include "speaker/echo_gate.h"

#include <algorithm>
#include <cmath>

namespace spacecast::speaker {

namespace {

constexpr float kQuietest = -75.0F;  // dBov, of a group of bands: below, all is alike.
constexpr float kHeard = -52.0F;     // The others, in any group.
constexpr float kForget = 0.996F;    // A hop: about 5 s of what was sent.
constexpr float kEnough = 30;        // Hops before a path can be known,
constexpr float kSure = 0.4F;        // and how closely levels have to follow;
constexpr float kCertain = 0.6F;     // so closely that the path is there for good.
constexpr float kLossRate = 0.02F;
constexpr float kAboveQuietest = 25;  // dB: what loss is measured on.
constexpr float kMargin = 7.0F;       // dB that a path's level varies by.
constexpr std::size_t kTail = 3;      // Hops that an echo rings on for.
constexpr float kAudible = -60.0F;    // dBov: what should come back so loud can be missed,
constexpr float kMissing = 15.0F;     // dB: where so much less is there.
constexpr int kGone = 300;            // Groups of bands in hops: 2 s of what should come back.
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
  learn(now);
  if (!known_) return false;
  const Levels most = expected();
  for (std::size_t group = 0; group < kGroups; ++group) {
    if (now[group] > most[group] + kMargin) return false;
  }
  return true;
}

void EchoGate::learn(const Levels& own) {
  const float own_loudest = *std::ranges::max_element(own);
  for (std::size_t lag = 0; lag < kLags; ++lag) {
    Path& path = paths_[lag];
    const Levels& then = sent(lag);
    const float loudest = *std::ranges::max_element(then);
    // What is louder than what was sent is the speaker's own, and says nothing about the path.
    if (loudest >= kHeard && own_loudest <= loudest) {
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
  }
  const auto [lag, correlation] = closest();
  if (correlation > kSure) {
    certain_ = correlation > kCertain || (known_ && certain_ && lag == lag_);
    known_ = true;
    lag_ = lag;
    loss_ = paths_[lag].loss;
    missed_ = 0;
  } else if (known_) {
    known_ = certain_ && !is_gone(own);
  }
}

std::pair<std::size_t, float> EchoGate::closest() const {
  std::pair<std::size_t, float> best{};
  for (std::size_t lag = 0; lag < kLags; ++lag) {
    const float correlation = paths_[lag].correlation();
    if (correlation > best.second) best = {lag, correlation};
  }
  return best;
}

bool EchoGate::is_gone(const Levels& own) {
  const Levels most = expected();
  for (std::size_t group = 0; group < kGroups; ++group) {
    if (most[group] < kAudible) continue;
    if (own[group] < most[group] - kMissing) {
      ++missed_;
    } else if (own[group] < most[group] + kMargin) {
      missed_ = std::max(missed_ - 1, 0);
    }
  }
  return missed_ > kGone;
}

EchoGate::Levels EchoGate::expected() const {
  Levels most{};
  for (std::size_t group = 0; group < kGroups; ++group) {
    float loudest = kQuietest;
    const std::size_t from = lag_ == 0 ? 0 : lag_ - 1;
    for (std::size_t lag = from; lag <= lag_ + kTail; ++lag) {
      loudest = std::max(loudest, sent(lag)[group]);
    }
    most[group] = std::max(loudest + loss_[group], kQuietest);
  }
  return most;
}

}  // namespace spacecast::speaker
