// Goal: a way that keeps losing much is sent the sound alone, and the picture is tried again.
// Method: reports and a clock made by hand.
#include "pipelines/picture_pause.h"

#include <catch2/catch.hpp>

using namespace spacecast;
using namespace std::chrono_literals;

namespace {

constexpr double kBad = 0.3, kGood = 0.02;

// A network, and a peer behind it that reports on the picture's packets.
struct Peer {
  PicturePause pause;
  std::uint32_t received = 0;

  void report(double lost, PicturePause::Time now) {
    pause.report({.lost = lost, .received = received += 100}, now);
  }
  [[nodiscard]] bool paused(PicturePause::Time now) const { return pause.paused(now); }
};

}  // namespace

TEST_CASE("one bad report is an accident, two are a network without room") {
  Peer peer;
  peer.report(kBad, 1s);
  peer.report(kGood, 2s);
  peer.report(kBad, 3s);
  CHECK_FALSE(peer.paused(3s));
  peer.report(kBad, 4s);
  CHECK(peer.paused(4s));
  CHECK(peer.paused(4s + PicturePause::kFirstPause - 1ms));
  CHECK_FALSE(peer.paused(4s + PicturePause::kFirstPause));
}

TEST_CASE("a few per cent are made good in another way") {
  Peer peer;
  for (auto now = 1s; now < 100s; ++now) peer.report(0.1, now);
  CHECK_FALSE(peer.paused(100s));
}

TEST_CASE("what is said in a pause counts for nothing") {
  Peer peer;
  for (auto now = 1s; now < 11s; ++now) peer.report(kBad, now);
  CHECK_FALSE(peer.paused(12s));
  peer.report(kBad, 12s);
  CHECK_FALSE(peer.paused(12s));
}

TEST_CASE("each pause is longer, up to a limit, until the network has been good for a while") {
  Peer peer;
  auto now = PicturePause::Time(1s);
  const auto length = [&] {
    peer.report(kBad, now += 1s);
    peer.report(kBad, now += 1s);
    const auto begin = now;
    while (peer.paused(now)) now += 1s;
    return now - begin;
  };
  CHECK(length() == 10s);
  CHECK(length() == 20s);
  CHECK(length() == 40s);
  CHECK(length() == 80s);
  CHECK(length() == PicturePause::kLongestPause);
  now += PicturePause::kRecovered;
  CHECK(length() == PicturePause::kFirstPause);
}

TEST_CASE("a report that knows nothing newer is not counted") {
  Peer peer;
  peer.report(kBad, 1s);
  // Of another stream's sender, at the same moment.
  peer.pause.report({.lost = 0, .received = peer.received}, 1s);
  CHECK_FALSE(peer.paused(1s));
  peer.report(kBad, 2s);
  CHECK(peer.paused(2s));
}
