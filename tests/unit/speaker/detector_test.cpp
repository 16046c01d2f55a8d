// Goal: the rules of the floor, and that decisions depend on samples alone. Method: scripted bursts
// of noise stand for speech; every expectation follows from the script's own times.
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

std::vector<Track> two(const std::vector<Burst>& a, const std::vector<Burst>& b, MediaTime length) {
  return {{0, render(a, length, 16'000, 1)}, {1, render(b, length, 16'000, 2)}};
}

std::vector<Decision> judge(const std::vector<Track>& tracks, std::size_t block = 320) {
  Detector detector({.lookahead = kLookahead});
  return run(detector, tracks, block);
}

// Talking as people do: a pause now and then, so that it is not taken for noise.
std::vector<Burst> speech(MediaTime start, MediaTime length, float level) {
  std::vector<Burst> bursts;
  for (MediaTime at{}; at < length; at += 500ms) bursts.push_back({start + at, 400ms, level});
  return bursts;
}

}  // namespace

TEST_CASE("an empty floor is taken after 200 ms of speech, from its first hop on") {
  const auto decisions = judge(two({{1s, 2s}}, {}, 4s));
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0] == Decision{0, 1s, 1200ms, 1s, Reason::kFirst});
}

TEST_CASE("turns cut to whoever talks, on their onset") {
  const auto decisions = judge(two({{1s, 3s}, {9s, 3s}}, {{5s, 3s}}, 13s));
  REQUIRE(decisions.size() == 3);
  CHECK(decisions[1] == Decision{1, 5s, 5200ms, 5s, Reason::kTurn});
  CHECK(decisions[2] == Decision{0, 9s, 9200ms, 9s, Reason::kTurn});
}

TEST_CASE("a turn that abuts waits until the one on air has been silent for 250 ms") {
  const auto decisions = judge(two({{1s, 3s}}, {{4s, 3s}}, 8s));
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[1] == Decision{1, 4s, 4260ms, 4s, Reason::kTurn});
}

TEST_CASE("a cut reaches back no further than look-ahead") {
  // The first shot has to last 2 s, so the decision comes 1.5 s after the onset.
  const auto decisions = judge(two({{1s, 300ms}}, {{1500ms, 4s}}, 6s));
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[1].onset == 1500ms);
  CHECK(decisions[1].decided == 3s);
  CHECK(decisions[1].cut == 3s);
  for (const Decision& decision : decisions) {
    CHECK(decision.cut >= decision.decided - kLookahead);
    CHECK(decision.cut <= decision.decided);
  }
}

TEST_CASE("coughs, clicks and a steady fan cut nobody in") {
  const auto [name, bursts] = GENERATE(table<std::string, std::vector<Burst>>({
      {"cough", {{4500ms, 100ms}}},
      {"two coughs", {{4500ms, 100ms}, {4700ms, 100ms}}},
      {"keyboard",
       {{4500ms, 40ms},
        {4620ms, 40ms},
        {4760ms, 40ms},
        {4850ms, 40ms},
        {4990ms, 40ms},
        {5100ms, 40ms},
        {5230ms, 40ms}}},
      {"fan", {{0s, 8s, -52}}},
  }));
  INFO(name);
  const auto decisions = judge(two({{1s, 3s}}, bursts, 8s));
  CHECK(decisions.size() == 1);
}

TEST_CASE("a fan that is switched on becomes part of the floor") {
  // It is louder than the room for as long as the floor's window is; the speaker's own speech still
  // stands out of it later.
  Detector detector({.lookahead = kLookahead});
  const auto fan = render({{2s, 28s, -45}, {20s, 1s, -20}}, 30s);
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

TEST_CASE("talking over somebody takes the floor only when clearly louder, for a second") {
  const auto level = GENERATE(-20.0F, -10.0F);
  const auto decisions = judge(two(speech(0s, 10s, -20), speech(4s, 4s, level), 8s));
  if (level < -15) {
    CHECK(decisions.size() == 1);
    return;
  }
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[1].reason == Reason::kInterruption);
  CHECK(decisions[1].onset == 4s);
  CHECK(decisions[1].decided >= 5s);
  CHECK(decisions[1].decided <= 5600ms);
  CHECK(decisions[1].cut == decisions[1].decided - kLookahead);
}

TEST_CASE("who stopped together with the one on air gets no turn") {
  CHECK(judge(two({{1s, 3s}}, {{1s, 3s}}, 8s)).size() == 1);
}

TEST_CASE("no shot is shorter than 2 s while everybody stays") {
  std::vector<Burst> a, b;
  for (int i = 0; i < 20; ++i) (i % 2 ? a : b).push_back({i * 700ms, 400ms});
  const auto decisions = judge(two(a, b, 15s));
  REQUIRE(decisions.size() > 2);
  for (std::size_t i = 1; i < decisions.size(); ++i) {
    CHECK(decisions[i].cut - decisions[i - 1].cut >= 2s);
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
    tracks[2].samples = render({{4300ms, 1s}}, 4800ms);
    tracks[0].samples.resize(tracks[2].samples.size());
    tracks[1].samples.resize(tracks[2].samples.size());
    REQUIRE(run(detector, tracks).size() == 2);  // The shot is too short for a cut yet.
    detector.remove(0);
    CHECK(detector.advance(4820ms) ==
          std::vector{Decision{2, 4300ms, 4820ms, 4420ms, Reason::kLeft}});
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
  const auto tracks = two({{1s, 2s}}, {{4s, 210ms}}, 4220ms);
  const auto decisions = run(detector, tracks);
  REQUIRE(decisions.size() == 2);
  REQUIRE(decisions[1].cut == 4s);
  detector.remove(1);
  const auto left = detector.advance(4240ms);
  REQUIRE(left.size() == 1);
  CHECK(left[0].cut == 4s);
}

TEST_CASE("blocks of any size, and any rate, give the same decisions to the byte") {
  const auto tracks =
      two({{1s, 3s}, {9s, 3s}, {13s, 900ms}}, {{3700ms, 4s}, {12500ms, 4s, -10}}, 18s);
  const auto expected = judge(tracks);
  REQUIRE(expected.size() >= 3);
  for (const std::size_t block :
       {std::size_t{1}, std::size_t{123}, std::size_t{441}, std::size_t{16'000}}) {
    CHECK(judge(tracks, block) == expected);
  }
  std::vector<Track> other = tracks;
  other[1] = {1, render({{3700ms, 4s}, {12500ms, 4s, -10}}, 18s, 44'100, 9), 44'100};
  CHECK(judge(other, 160).size() == expected.size());
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
  CHECK(decisions[1] == Decision{1, 4s, 4200ms, 4s, Reason::kTurn});
  CHECK(decisions[2] == Decision{0, 10s, 10200ms, 10s, Reason::kTurn});
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
  (void)run(detector, two({{0s, 3s}}, {{1s, 3s}}, 2s));
  CHECK(detector.talking() == std::vector<SpeakerId>{0, 1});
  CHECK(detector.on_air() == 0);
  CHECK_FALSE(detector.talking(5));
}
