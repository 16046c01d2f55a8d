// Goal: the rules of the floor, and that decisions depend on samples alone. Method: scripted
// computed voices and noises; every expectation follows from the script's own times, give or take
// the hops that hearing takes.
#include "speaker/detector.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "script.h"

using namespace spacecast;
using namespace spacecast::speaker;
using namespace spacecast::speaker::test;

namespace {

constexpr MediaTime kLookahead = 400ms;
constexpr MediaTime kQuick = 400ms;  // Onset to decision on a free floor.
constexpr MediaTime kExact = 40ms;

std::vector<Track> two(const std::vector<Burst>& a, const std::vector<Burst>& b, MediaTime length) {
  return {{0, render(a, length, 16'000, 1)}, {1, render(b, length, 16'000, 2)}};
}

std::vector<Decision> judge(const std::vector<Track>& tracks, std::size_t block = 320,
                            MediaTime lookahead = kLookahead) {
  Detector detector({.lookahead = lookahead});
  return run(detector, tracks, block);
}

bool within(MediaTime a, MediaTime b, MediaTime tolerance) {
  return std::chrono::abs(a - b) <= tolerance;
}

void check_cut(const Decision& decision, SpeakerId speaker, MediaTime onset, Reason reason) {
  INFO("onset " << decision.onset.count() / 1'000'000 << " ms, cut "
                << decision.cut.count() / 1'000'000 << " ms, decided "
                << decision.decided.count() / 1'000'000 << " ms, expected "
                << onset.count() / 1'000'000 << " ms");
  CHECK(decision.speaker == speaker);
  CHECK(decision.reason == reason);
  CHECK(within(decision.onset, onset, kExact));
  CHECK(within(decision.cut, onset, kExact));
  CHECK(decision.decided - onset <= kQuick);
}

}  // namespace

TEST_CASE("an empty floor is taken quickly, from the first sound on") {
  const auto decisions = judge(two({{1s, 2s}}, {}, 4s));
  REQUIRE(decisions.size() == 1);
  check_cut(decisions[0], 0, 1s, Reason::kFirst);
}

TEST_CASE("turns cut to whoever talks, on their onset") {
  const auto decisions = judge(two({{1s, 3s}, {9s, 3s}}, {{5s, 3s}}, 13s));
  REQUIRE(decisions.size() == 3);
  check_cut(decisions[1], 1, 5s, Reason::kTurn);
  check_cut(decisions[2], 0, 9s, Reason::kTurn);
}

TEST_CASE("without look-ahead a cut is seen when it is decided, and sooner decided") {
  const auto tracks = two({{1s, 3s}}, {{5s, 3s}}, 9s);
  const auto now = judge(tracks, 320, 0ms);
  const auto held = judge(tracks);
  REQUIRE(now.size() == 2);
  REQUIRE(held.size() == 2);
  CHECK(now[1].cut == now[1].decided);
  CHECK(now[1].decided - 5s <= 300ms);
  CHECK(now[1].decided <= held[1].decided);
}

TEST_CASE("nobody is cut off before their last word") {
  // The second one begins 300 ms before the first one ends.
  const auto decisions = judge(two({{1s, 3s}}, {{3700ms, 3s}}, 8s));
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[1].reason == Reason::kTurn);
  CHECK(within(decisions[1].onset, 3700ms, kExact));
  CHECK(decisions[1].cut >= 3900ms);
  CHECK(decisions[1].cut <= 4500ms);
}

TEST_CASE("a cut reaches back no further than look-ahead") {
  const auto decisions = judge(two({{1s, 300ms}, {9s, 1s}}, {{1500ms, 6s}}, 11s));
  REQUIRE(decisions.size() >= 2);
  for (const Decision& decision : decisions) {
    CHECK(decision.cut >= decision.decided - kLookahead);
    CHECK(decision.cut <= decision.decided);
  }
}

TEST_CASE("what is no speech cuts nobody in") {
  constexpr auto kNoise = Sound::kNoise;
  const auto [name, bursts] = GENERATE(table<std::string, std::vector<Burst>>({
      {"bang", {{4500ms, 100ms, -10, kNoise}}},
      {"two bangs", {{4500ms, 100ms, -15, kNoise}, {4700ms, 100ms, -15, kNoise}}},
      {"rustling", {{4500ms, 2500ms, -30, kNoise}}},
      {"keyboard",
       {{4500ms, 40ms, -20, kNoise},
        {4620ms, 40ms, -20, kNoise},
        {4760ms, 40ms, -20, kNoise},
        {4850ms, 40ms, -20, kNoise},
        {4990ms, 40ms, -20, kNoise},
        {5100ms, 40ms, -20, kNoise},
        {5230ms, 40ms, -20, kNoise}}},
      {"fan", {{0s, 8s, -45, kNoise}}},
      {"tone", {{4500ms, 3s, -20, Sound::kTone}}},
  }));
  INFO(name);
  const auto decisions = judge(two({{1s, 3s}}, bursts, 8s));
  CHECK(decisions.size() == 1);
}

TEST_CASE("a yes into a speaker's pause is not shown") {
  const auto decisions = judge(two({{1s, 3s}, {4500ms, 3s}}, {{4100ms, 250ms}}, 8s));
  CHECK(decisions.size() == 1);
}

TEST_CASE("where nobody is on air, a second of any sound will do") {
  const auto decisions = judge(two({{1s, 3s, -20, Sound::kTone}}, {}, 4s));
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].speaker == 0);
  CHECK(decisions[0].decided >= 2s);
  CHECK(decisions[0].decided <= 2100ms);
}

TEST_CASE("a fan that is switched on becomes part of the floor, and speech stands out of it") {
  Detector detector({.lookahead = kLookahead});
  const auto fan = render({{2s, 28s, -50, Sound::kNoise}, {20s, 1s, -20}}, 30s);
  detector.add(0);
  std::vector<bool> talking;
  for (std::size_t hop = 0; hop < 1500; ++hop) {
    detector.push(0, static_cast<std::int64_t>(hop) * kHop, 16'000,
                  std::span(fan).subspan(hop * 320, 320));
    (void)detector.advance(static_cast<std::int64_t>(hop + 1) * kHop);
    talking.push_back(detector.talking(0));
  }
  CHECK_FALSE(talking[15 * 50]);
  CHECK(talking[20 * 50 + 25]);
  CHECK_FALSE(talking[25 * 50]);
}

TEST_CASE("silence changes nothing") {
  const auto decisions = judge(two({{1s, 1s}}, {}, 60s));
  CHECK(decisions.size() == 1);
}

TEST_CASE("talking over somebody takes the floor, and once only") {
  // The computed voice takes a breath of 250 ms every 1.75 s; recordings show what happens without.
  const auto decisions = judge(two({{0s, 15s}}, {{4s, 8s}}, 12s));
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[1].speaker == 1);
  CHECK(within(decisions[1].onset, 4s, kExact));
  CHECK(decisions[1].decided <= 6s);
}

TEST_CASE("a vain attempt of less than a second does not") {
  CHECK(judge(two({{0s, 15s}}, {{4s, 800ms}}, 12s)).size() == 1);
}

TEST_CASE("what comes back of the others is nobody's turn") {
  // The second microphone picks up the first speaker, 240 ms later and 22 dB lower, while they talk
  // and when they have just stopped.
  std::vector<Burst> turns;
  for (int i = 0; i < 8; ++i) turns.push_back({1s + i * 4s, 2500ms});
  auto tracks = two(turns, {}, 33s);
  const std::size_t late = 16 * 240;
  for (std::size_t i = late; i < tracks[0].samples.size(); ++i) {
    tracks[1].samples[i] += 0.08F * tracks[0].samples[i - late];
  }
  CHECK(judge(tracks).size() == 1);
  SECTION("but the speaker behind that microphone is heard") {
    const auto own = render({{31s, 1500ms}}, 33s, 16'000, 3);
    for (std::size_t i = 0; i < own.size(); ++i) tracks[1].samples[i] += own[i];
    const auto decisions = judge(tracks);
    REQUIRE(decisions.size() == 2);
    CHECK(decisions[1].speaker == 1);
    CHECK(decisions[1].onset >= 31s - kExact);
  }
}

TEST_CASE("a path stays known while there is something else on its microphone") {
  // What the second microphone picks up of the first speaker is learned; then there is a noise on
  // it for ten seconds. Afterwards its speaker has a turn, and what comes back of the answer does
  // not keep them on air.
  std::vector<Burst> turns;
  for (int i = 0; i < 6; ++i) turns.push_back({1s + i * 4s, 2500ms});
  turns.push_back({28500ms, 4s});
  auto tracks = two(turns, {{13s, 10s, -15, Sound::kNoise}, {25s, 3s}}, 34s);
  const std::size_t late = 16 * 240;
  for (std::size_t i = late; i < tracks[0].samples.size(); ++i) {
    tracks[1].samples[i] += 0.08F * tracks[0].samples[i - late];
  }
  const auto decisions = judge(tracks);
  REQUIRE(decisions.size() == 3);
  check_cut(decisions[1], 1, 25s, Reason::kTurn);
  check_cut(decisions[2], 0, 28500ms, Reason::kTurn);
}

TEST_CASE("no shot is shorter than 0.8 s while everybody stays") {
  std::vector<Burst> a, b;
  for (int i = 0; i < 40; ++i) (i % 2 ? a : b).push_back({i * 450ms, 420ms});
  const auto decisions = judge(two(a, b, 19s));
  REQUIRE(decisions.size() > 2);
  for (std::size_t i = 1; i < decisions.size(); ++i) {
    CHECK(decisions[i].cut - decisions[i - 1].cut >= 800ms);
  }
}

TEST_CASE("when the one on air leaves") {
  Detector detector({.lookahead = kLookahead});
  std::vector<Track> tracks = two({{3s, 1s}}, {{1s, 1s}}, 5s);
  tracks.push_back({2, render({}, 5s)});

  SECTION("the one who talked last follows, at once") {
    REQUIRE(run(detector, tracks).size() == 2);
    CHECK(detector.on_air() == 0);
    detector.remove(0);
    CHECK(detector.advance(5020ms) ==
          std::vector{Decision{1, 5020ms, 5020ms, 4620ms, Reason::kLeft}});
    detector.remove(1);
    // The third never said a word.
    CHECK(detector.advance(5040ms) ==
          std::vector{Decision{std::nullopt, 5040ms, 5040ms, 4640ms, Reason::kLeft}});
    CHECK_FALSE(detector.on_air());
  }
  SECTION("one who is talking follows before one who was") {
    tracks[2].samples = render({{4100ms, 700ms}}, 4800ms, 16'000, 3);
    tracks[0].samples = render({{3400ms, 1400ms}}, 4800ms, 16'000, 1);
    tracks[1].samples.resize(tracks[2].samples.size());
    REQUIRE(run(detector, tracks).size() == 2);  // Overlap, not yet an interruption.
    detector.remove(0);
    const auto left = detector.advance(4820ms);
    REQUIRE(left.size() == 1);
    CHECK(left[0].speaker == 2);
    CHECK(left[0].reason == Reason::kLeft);
    CHECK(left[0].cut == 4420ms);
  }
  SECTION("somebody else in the same place is a stranger") {
    REQUIRE(run(detector, tracks).size() == 2);
    detector.remove(0);
    detector.add(0);
    CHECK(detector.advance(5020ms).at(0).speaker == 1);
    detector.remove(1);
    CHECK(detector.advance(5040ms).at(0).speaker == std::nullopt);
  }
  SECTION("one who was not on air leaves unnoticed") {
    REQUIRE(run(detector, tracks).size() == 2);
    detector.remove(1);
    detector.remove(7);
    CHECK(detector.advance(6s).empty());
  }
}

TEST_CASE("cuts never go back in time, also when somebody leaves right after a cut") {
  Detector detector({.lookahead = kLookahead});
  const auto tracks = two({{1s, 2s}}, {{4s, 380ms}}, 4380ms);
  const auto decisions = run(detector, tracks);
  REQUIRE(decisions.size() == 2);
  detector.remove(1);
  const auto left = detector.advance(4400ms);
  REQUIRE(left.size() == 1);
  CHECK(left[0].cut >= decisions[1].cut);
}

TEST_CASE("blocks of any size give the same decisions to the byte, other rates the same cuts") {
  const std::vector<Burst> first{{1s, 3s}, {9s, 3s}, {13s, 900ms}};
  const std::vector<Burst> second{{3700ms, 4s}, {12500ms, 4s, -10}};
  const auto tracks = two(first, second, 18s);
  const auto expected = judge(tracks);
  REQUIRE(expected.size() >= 3);
  for (const std::size_t block :
       {std::size_t{1}, std::size_t{123}, std::size_t{441}, std::size_t{16'000}}) {
    CHECK(judge(tracks, block) == expected);
  }
  for (const unsigned rate : {8'000U, 11'025U, 44'100U, 48'000U}) {
    std::vector<Track> other = tracks;
    other[1] = {1, render(second, 18s, rate, 2), rate};
    const auto decisions = judge(other, 320);
    REQUIRE(decisions.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(decisions[i].speaker == expected[i].speaker);
      CHECK(within(decisions[i].cut, expected[i].cut, 60ms));
    }
  }
}

TEST_CASE("a rate that changes while somebody talks changes nothing else") {
  Detector detector({.lookahead = kLookahead});
  detector.add(0);
  detector.add(1);
  const auto low = render({{1s, 6s}}, 7s, 16'000);
  const auto high = render({{1s, 6s}}, 7s, 48'000);
  std::vector<Decision> decisions;
  for (std::size_t hop = 0; hop < 350; ++hop) {
    const MediaTime at = static_cast<std::int64_t>(hop) * kHop;
    if (hop / 50 % 2 == 0) {
      detector.push(0, at, 16'000, std::span(low).subspan(hop * 320, 320));
    } else {
      detector.push(0, at, 48'000, std::span(high).subspan(hop * 960, 960));
    }
    for (const Decision& decision : detector.advance(at + kHop)) decisions.push_back(decision);
  }
  REQUIRE(decisions.size() == 1);
  check_cut(decisions[0], 0, 1s, Reason::kFirst);
  CHECK(detector.talking(0));
}

TEST_CASE("one who stalls holds nobody up and comes back") {
  Detector detector({.lookahead = kLookahead});
  detector.add(0);
  detector.add(1);
  const auto talk = render({{0s, 60s}}, 60s);
  std::vector<Decision> decisions;
  for (std::size_t hop = 0; hop < 1000; ++hop) {
    const MediaTime at = static_cast<std::int64_t>(hop) * kHop;
    const auto samples = std::span(talk).subspan(hop * 320, 320);
    const bool stalled = at >= 3s && at < 10s;
    if (!stalled) detector.push(0, at, 16'000, samples);
    if (at >= 4s && at < 9s) detector.push(1, at, 16'000, samples);
    for (const Decision& decision : detector.advance(at + kHop)) decisions.push_back(decision);
  }
  REQUIRE(decisions.size() == 3);
  CHECK(decisions[1].speaker == 1);
  CHECK(decisions[1].decided <= 4600ms);
  CHECK(decisions[2].speaker == 0);
  CHECK(decisions[2].decided <= 10600ms);
}

TEST_CASE("broken samples and times are survived") {
  Detector detector({.lookahead = kLookahead});
  detector.add(0);
  detector.add(1);
  const std::vector<float> broken(320, std::numeric_limits<float>::quiet_NaN());
  const auto talk = render({{0s, 10s}}, 10s);
  std::vector<Decision> decisions;
  for (std::size_t hop = 0; hop < 500; ++hop) {
    const MediaTime at = static_cast<std::int64_t>(hop) * kHop;
    detector.push(0, at, 16'000, broken);
    detector.push(1, at + 24h, 16'000, std::span(talk).subspan(hop * 320, 320));
    detector.push(1, at, 16'000, std::span(talk).subspan(hop * 320, 320));
    detector.push(9, at, 16'000, broken);
    for (const Decision& decision : detector.advance(at + kHop)) decisions.push_back(decision);
  }
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].speaker == 1);
}

TEST_CASE("a jump of the clock is not walked through hop by hop") {
  Detector detector({.lookahead = kLookahead});
  const auto tracks = two({{1s, 2s}}, {}, 3s);
  REQUIRE(run(detector, tracks).size() == 1);
  CHECK(detector.advance(MediaTime(1h * 24 * 365)).empty());
  CHECK(detector.advance(1s).empty());
  CHECK(detector.on_air() == 0);
  CHECK(detector.talking().empty());
}

TEST_CASE("who talks is known besides who is on air") {
  Detector detector({.lookahead = kLookahead});
  (void)run(detector, two({{0s, 3s}}, {{1s, 3s}}, 1600ms));
  CHECK(detector.talking() == std::vector<SpeakerId>{0, 1});
  CHECK(detector.on_air() == 0);
  CHECK_FALSE(detector.talking(5));
}
