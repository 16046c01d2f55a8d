// Goal: the figures mean what their names say, and the restated ways of choosing do what their
// originals do. Method: conversations of a few utterances with cuts written down by hand, and
// tracks that are loud or silent.
#include "metrics.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace spacecast;
using namespace spacecast::score;
using namespace std::chrono_literals;

namespace {

// 0 from 1 to 5 s, 1 from 5.2 to 9 s, 0 from 10 to 14 s.
Conversation three_turns() {
  Conversation conversation;
  conversation.length = 15s;
  conversation.tracks.resize(3);
  conversation.utterances = {{0, 1s, 5s}, {1, 5200ms, 9s}, {0, 10s, 14s}};
  return conversation;
}

Metrics figures(const Conversation& conversation, std::vector<Cut> cuts) {
  Metrics metrics;
  metrics.add(conversation, {std::move(cuts)});
  return metrics;
}

double per_hour(int count) {
  return count * 3600.0 / 15;
}

}  // namespace

TEST_CASE("a cut is as late as it comes after the onset") {
  const auto metrics = figures(three_turns(), {{1100ms, 0}, {5220ms, 1}, {10400ms, 0}});
  CHECK(metrics.hand_overs() == 3);
  CHECK(metrics.latency(0.3) == Approx(0.02));
  CHECK(metrics.latency(0.5) == Approx(0.1));
  CHECK(metrics.latency(1) == Approx(0.4));
  CHECK(metrics.exact_share() == Approx(1.0 / 3));
  CHECK(metrics.near_share() == Approx(2.0 / 3));
  CHECK(metrics.right_share() == Approx((11.8 - 0.1 - 0.02 - 0.4) / 11.8));
  CHECK(metrics.false_per_hour() == 0);
  CHECK(metrics.flaps_per_hour() == 0);
  CHECK(metrics.missed_share() == 0);
}

TEST_CASE("a newcomer's cut is due at the other's last word, an interruption's at its onset") {
  Conversation conversation = three_turns();
  conversation.utterances[1].onset = 4500ms;
  auto metrics = figures(conversation, {{1s, 0}, {5030ms, 1}, {10s, 0}});
  CHECK(metrics.exact_share() == 1);
  CHECK(metrics.interruptions() == 0);
  conversation.utterances[1].onset = 3s;
  metrics = figures(conversation, {{1s, 0}, {4200ms, 1}, {10s, 0}});
  CHECK(metrics.hand_overs() == 2);
  CHECK(metrics.interruptions() == 1);
  CHECK(metrics.interruption(1) == Approx(1.2));
}

TEST_CASE("what is never shown is missed, and as late as it is long") {
  Conversation conversation = three_turns();
  conversation.noises = {{0, 4s, 15s, "music"}};
  auto metrics = figures(conversation, {{1s, 0}});
  CHECK(metrics.missed_share() == Approx(1.0 / 3));
  CHECK(metrics.latency(1) == Approx(3.8));
  CHECK(metrics.music_hand_overs() == 1);
  CHECK(metrics.music(1) == Approx(3.8));
  conversation.utterances[1].onset = 3s;
  metrics = figures(conversation, {{1s, 0}});
  CHECK(metrics.missed_share() == Approx(1.0 / 3));
  CHECK(metrics.interruption(1) == Approx(6));
}

TEST_CASE("a switch to somebody without a turn is false, and a flap in the middle of one") {
  Conversation conversation = three_turns();
  conversation.utterances.push_back({2, 3s, 3300ms, Kind::kBackchannel});
  auto metrics = figures(conversation, {{1s, 0}, {3s, 2}, {4s, 0}, {5200ms, 1}, {10s, 0}});
  CHECK(metrics.false_per_hour() == Approx(per_hour(1)));
  CHECK(metrics.flaps_per_hour() == Approx(per_hour(1)));
  CHECK(metrics.causes().at("backchannel") == 1);
  CHECK(metrics.short_shots_per_hour() == Approx(per_hour(2)));
  // Between turns it is no flap.
  conversation.noises = {{2, 9200ms, 9800ms, "cough"}};
  metrics = figures(conversation, {{1s, 0}, {5200ms, 1}, {9500ms, 2}, {10s, 0}});
  CHECK(metrics.false_per_hour() == Approx(per_hour(1)));
  CHECK(metrics.flaps_per_hour() == 0);
  CHECK(metrics.causes().at("cough") == 1);
}

TEST_CASE("a leaver is on the screen until the next cut") {
  Conversation conversation = three_turns();
  conversation.utterances[0].end = 4s;
  conversation.leaves = {{0, 4s}};
  const auto metrics = figures(conversation, {{1s, 0}, {4020ms, 2}, {5200ms, 1}});
  CHECK(metrics.left(1) == Approx(0.02));
  CHECK(metrics.false_per_hour() == 0);
}

namespace {

// Tone bursts at -20 dBov over nothing much.
Sound tone(std::vector<std::pair<double, double>> spans, double level) {
  Sound sound(15 * kRate);
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const double at = static_cast<double>(i) / kRate;
    bool on = false;
    for (const auto& [from, to] : spans) on = on || (at >= from && at < to);
    sound[i] = db_to_gain(on ? level : -70) * 1.414F * std::sin(0.3F * static_cast<float>(i));
  }
  return sound;
}

std::optional<speaker::SpeakerId> shown(const Selection& selection, MediaTime at) {
  std::optional<speaker::SpeakerId> speaker;
  for (const Cut& cut : selection.cuts) {
    if (cut.at <= at) speaker = cut.speaker;
  }
  return speaker;
}

}  // namespace

TEST_CASE("the loudest is shown at once, and nobody new in silence") {
  Conversation conversation = three_turns();
  conversation.tracks = {tone({{1, 10}}, -30), tone({{5, 6}}, -20), tone({}, -30)};
  const Selection selection = select_loudest(conversation);
  CHECK(shown(selection, 2s) == 0);
  CHECK(shown(selection, 5300ms) == 1);
  CHECK(shown(selection, 8s) == 0);
  CHECK(shown(selection, 14s) == 0);
}

TEST_CASE("the dominant speaker changes only once the one before has paused") {
  Conversation conversation = three_turns();
  conversation.tracks = {tone({{1, 10}}, -30), tone({{5, 14}}, -20), tone({}, -30)};
  const Selection selection = select_dominant(conversation);
  CHECK(shown(selection, 9900ms) == 0);
  CHECK(shown(selection, 10500ms) == 1);
}

TEST_CASE("LiveKit's level is nothing after a window with little in it") {
  Conversation conversation = three_turns();
  // 0 is 12 dB louder; smoothing alone would keep it on top for a window more.
  conversation.tracks = {tone({{0.8, 4}}, -12), tone({{3, 8}}, -24), tone({}, -30)};
  const Selection selection = select_by_livekit_level(conversation);
  CHECK(shown(selection, 3900ms) == 0);
  CHECK(shown(selection, 4400ms) == 1);
}
