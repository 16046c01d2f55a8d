// Goal: the right three are listed, early and steadily. Method: evidence written by hand, hop by
// hop; then a detector that listens to computed voices.
#include "speaker/watch_list.h"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "speaker/detector.h"
#include "tests/voice.h"

using namespace spacecast;
using namespace spacecast::speaker;
using Ids = std::vector<SpeakerId>;

namespace {

// A stage whose evidence is what the test says it is.
struct Stage {
  WatchList list;
  std::optional<SpeakerId> on_air;
  std::map<SpeakerId, MediaTime> speech;
  MediaTime now{};

  Ids run(MediaTime length = kHop) {
    for (const MediaTime until = now + length; now < until;) {
      now += kHop;
      std::vector<Candidate> speakers;
      for (const auto& [id, said] : speech) speakers.push_back({id, {.speech = said}});
      list.update(now, on_air, speakers);
    }
    return list.listed();
  }
};

}  // namespace

TEST_CASE("in silence nobody is listed but who is on air") {
  Stage stage{.speech = {{0, {}}, {1, {}}}};
  CHECK(stage.run(1s).empty());
  stage.on_air = 1;
  CHECK(stage.run() == Ids{1});
  CHECK(stage.run(10s) == Ids{1});
}

TEST_CASE("a challenger is listed with the first evidence and for two seconds after the last") {
  Stage stage{.on_air = 0, .speech = {{0, 1s}, {1, {}}, {2, {}}}};
  CHECK(stage.run() == Ids{0});
  stage.speech[2] = 5ms;
  CHECK(stage.run() == Ids{0, 2});
  stage.speech[2] = {};
  CHECK(stage.run(2s) == Ids{0, 2});
  CHECK(stage.run() == Ids{0});
}

TEST_CASE("whom the last cut left stays listed, and comes after the challenger") {
  Stage stage{.on_air = 0, .speech = {{0, 1s}, {1, {}}, {2, {}}}};
  (void)stage.run();
  stage.on_air = 1;
  stage.speech = {{0, {}}, {1, 1s}, {2, 100ms}};
  CHECK(stage.run() == Ids{1, 2, 0});
  // Who was on air takes no challenger's place by speaking.
  stage.speech[0] = 1s;
  CHECK(stage.run() == Ids{1, 2, 0});
  stage.on_air = 2;
  stage.speech[0] = {};
  CHECK(stage.run() == Ids{2, 1});
}

TEST_CASE("a challenger gives way to who says clearly more") {
  Stage stage{.on_air = 0, .speech = {{0, 1s}, {1, 100ms}, {2, 200ms}}};
  CHECK(stage.run() == Ids{0, 2});
  stage.speech[1] = 300ms;
  CHECK(stage.run() == Ids{0, 2});
  stage.speech[1] = 320ms;
  CHECK(stage.run() == Ids{0, 1});
  // What one has said wears off; a cough is not enough all the same.
  stage.speech = {{0, 1s}, {1, {}}, {2, 80ms}};
  CHECK(stage.run(1s) == Ids{0, 1});
  stage.speech[2] = 120ms;
  CHECK(stage.run() == Ids{0, 2});
  // However much one has said, another's 400 ms are enough.
  stage.speech[2] = 10s;
  (void)stage.run();
  stage.speech = {{0, 1s}, {1, 420ms}, {2, {}}};
  CHECK(stage.run() == Ids{0, 1});
}

TEST_CASE("who leaves is not listed") {
  Stage stage{.on_air = 0, .speech = {{0, 1s}, {1, 100ms}}};
  CHECK(stage.run() == Ids{0, 1});
  stage.speech.erase(1);
  CHECK(stage.run() == Ids{0});
  stage.speech[2] = 1s;
  stage.on_air = 2;
  CHECK(stage.run() == Ids{2, 0});
  stage.speech.erase(0);
  CHECK(stage.run() == Ids{2});
}

TEST_CASE("two who mutter at once do not take turns") {
  Stage stage{.on_air = 0, .speech = {{0, 1s}, {1, {}}, {2, {}}}};
  std::mt19937 random(7);
  Ids before = stage.run();
  int changes = 0;
  for (int hop = 0; hop < 50 * 60; ++hop) {
    // Runs of up to a tenth of a second that begin and end as they like.
    for (const SpeakerId id : {1u, 2u}) stage.speech[id] = kHop * (random() % 5);
    const Ids listed = stage.run();
    CHECK(listed.size() <= WatchList::kMost);
    if (listed != before) ++changes;
    before = listed;
  }
  CHECK(changes <= 1);
}

TEST_CASE("a detector lists a newcomer before it counts as talking") {
  Detector detector({.lookahead = MediaTime::zero()});
  detector.add(0);
  detector.add(1);
  const auto voice = test::speak(2s, 16'000);
  detector.push(0, 1s, 16'000, voice);
  detector.push(1, 4s, 16'000, voice);
  std::optional<MediaTime> listed, talking;
  for (MediaTime now{}; now < 6s; now += kHop) {
    (void)detector.advance(now);
    const auto watched = detector.watched();
    if (!listed && watched == Ids{0, 1}) listed = now;
    if (!talking && detector.talking(1)) talking = now;
  }
  REQUIRE((listed && talking));
  CHECK(*listed >= 4s);
  CHECK(*listed < *talking);
  CHECK(detector.watched() == Ids{1, 0});
}
