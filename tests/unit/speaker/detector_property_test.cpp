// Goal: whatever a network does to sound and timestamps, the detector keeps its word. Method: two
// who take turns and one whose microphone sends nonsense, delivered by seeds with gaps, repeats,
// jumps, jitter, other rates, samples that are no numbers, and speakers who come and go.
#include <catch2/catch.hpp>
#include <limits>
#include <set>

#include "script.h"
#include "speaker/detector.h"

using namespace spacecast;
using namespace spacecast::speaker;
using namespace spacecast::speaker::test;

namespace {

constexpr MediaTime kLookahead = 400ms;
constexpr MediaTime kLength = 14s;
constexpr unsigned kRate = 16'000;
constexpr std::size_t kHopSamples = 320;

class Chance {
 public:
  explicit Chance(std::uint32_t seed) : state_(seed * 2654435761U + 1) {}
  std::uint32_t below(std::uint32_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_ % n;
  }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

 private:
  std::uint32_t state_;
};

const std::vector<Track>& conversation() {
  static const std::vector<Track> kTracks{
      {0, render({{1s, 3s}, {9s, 3s}}, kLength, kRate, 1)},
      {1, render({{5s, 3s}, {12'500ms, 1s}}, kLength, kRate, 2)}};
  return kTracks;
}

struct Outcome {
  std::vector<Decision> decisions;
  bool only_those_there = true;
};

// One block of somebody's sound, as a bad network and a bad sender bring it.
void deliver(Detector& detector, Chance& chance, SpeakerId id, MediaTime at,
             std::span<const float> samples) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kBroken[] = {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity,
                               std::numeric_limits<float>::denorm_min(), 3e38F};
  constexpr unsigned kRates[] = {0, 1, 8'000, 44'100, 48'000, 4'000'000'000U};
  switch (chance.below(12)) {
    case 0:  // A gap.
      return;
    case 1:  // Twice, the second time later than what follows may come.
      detector.push(id, at, kRate, samples);
      detector.push(id, at, kRate, samples);
      return;
    case 2:  // Again what was heard long ago.
      detector.push(id, at - std::min<MediaTime>(at, 2s), kRate, samples);
      return;
    case 3: {  // From a clock that jumps.
      constexpr MediaTime kJumps[] = {-1h, -30ms, 7ms, 35ms, 4s, 24h * 365 * 200};
      detector.push(id, at + kJumps[chance.below(std::size(kJumps))], kRate, samples);
      return;
    }
    case 4:  // At a rate that comes from nowhere.
      detector.push(id, at, kRates[chance.below(std::size(kRates))], samples);
      return;
    case 5: {  // With samples that are no numbers.
      std::vector<float> broken(samples.begin(), samples.end());
      for (float& sample : broken) {
        if (chance.one_in(4)) sample = kBroken[chance.below(std::size(kBroken))];
      }
      detector.push(id, at, kRate, broken);
      return;
    }
    default:
      detector.push(id, at, kRate, samples);
  }
}

Outcome run(std::uint32_t seed) {
  Detector detector({.lookahead = kLookahead});
  Chance chance(seed);
  Outcome outcome;
  std::set<SpeakerId> there{0, 1};
  for (const SpeakerId id : there) detector.add(id);
  for (std::size_t hop = 0; (hop + 1) * kHop <= kLength; ++hop) {
    const MediaTime at = static_cast<std::int64_t>(hop) * kHop;
    for (const Track& track : conversation()) {
      deliver(detector, chance, track.id, at,
              std::span(track.samples).subspan(hop * kHopSamples, kHopSamples));
    }
    if (chance.one_in(100)) {
      const SpeakerId id = chance.below(3);
      if (there.erase(id) > 0) {
        detector.remove(id);
      } else {
        there.insert(id);
        detector.add(id);
      }
    }
    if (chance.one_in(10)) continue;  // Two hops are judged at once, then.
    for (const Decision& decision : detector.advance(at + kHop)) {
      outcome.only_those_there &= !decision.speaker || there.contains(*decision.speaker);
      outcome.decisions.push_back(decision);
    }
  }
  return outcome;
}

}  // namespace

TEST_CASE("decisions stay in order and within look-ahead, whatever comes") {
  std::size_t decided = 0;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    const Outcome outcome = run(seed);
    REQUIRE(outcome.only_those_there);
    const Decision* before = nullptr;
    for (const Decision& decision : outcome.decisions) {
      REQUIRE(decision.cut <= decision.decided);
      REQUIRE(decision.cut >= decision.decided - kLookahead);
      REQUIRE(decision.onset <= decision.decided);
      REQUIRE(decision.decided <= kLength);
      if (before) {
        REQUIRE(decision.cut >= before->cut);
        REQUIRE(decision.decided >= before->decided);
        REQUIRE(decision.speaker != before->speaker);
      }
      before = &decision;
    }
    REQUIRE(run(seed).decisions == outcome.decisions);
    decided += outcome.decisions.size();
  }
  CHECK(decided > 120);
}

TEST_CASE("repeats, late blocks and jitter change nothing") {
  const auto judge = [](auto&& deliver_block) {
    Detector detector({.lookahead = kLookahead});
    std::vector<Decision> all;
    for (const Track& track : conversation()) detector.add(track.id);
    for (std::size_t hop = 0; (hop + 1) * kHop <= kLength; ++hop) {
      for (const Track& track : conversation()) deliver_block(detector, track, hop);
      const auto some = detector.advance(static_cast<std::int64_t>(hop + 1) * kHop);
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  };
  const auto push = [](Detector& detector, const Track& track, std::size_t hop, MediaTime off) {
    detector.push(track.id, static_cast<std::int64_t>(hop) * kHop + off, kRate,
                  std::span(track.samples).subspan(hop * kHopSamples, kHopSamples));
  };
  const auto expected = judge([&](Detector& detector, const Track& track, std::size_t hop) {
    push(detector, track, hop, 0ms);
  });
  REQUIRE(expected.size() == 4);
  CHECK(judge([&](Detector& detector, const Track& track, std::size_t hop) {
          push(detector, track, hop, 0ms);
          push(detector, track, hop, 0ms);
        }) == expected);
  CHECK(judge([&](Detector& detector, const Track& track, std::size_t hop) {
          if (hop >= 3) push(detector, track, hop - 3, 0ms);
          push(detector, track, hop, 0ms);
        }) == expected);
  CHECK(judge([&](Detector& detector, const Track& track, std::size_t hop) {
          push(detector, track, hop, MediaTime(hop % 7 * 1'000'000));
        }) == expected);
}
