// Goal: the roster says what the interface promises, and only news are news. Method: rosters made
// by hand.
#include "studio/roster.h"

#include <catch2/catch.hpp>

using namespace spacecast::studio;

namespace {

Roster two_people() {
  return {.space = "s",
          .speakers = {{.id = "a", .name = "Ada \"L\"", .role = Role::kSpeaker},
                       {.id = "b",
                        .name = "Bob",
                        .role = Role::kHost,
                        .camera = true,
                        .muted = true,
                        .hand = true,
                        .screen = true,
                        .pinned = true,
                        .talking = true,
                        .on_air = true,
                        .connection = Connection::kUnstable,
                        .audio_packets = 7,
                        .video_packets = 8}}};
}

}  // namespace

TEST_CASE("a roster as JSON") {
  CHECK(to_json({.space = "s"}) ==
        R"({"layout":"speaker","onAir":null,"space":"s","speakers":[],"state":"live"})");
  CHECK(to_json({.space = "s", .ended = true}) ==
        R"({"layout":"speaker","onAir":null,"space":"s","speakers":[],"state":"ended"})");
  CHECK(to_json(two_people()) ==
        R"({"layout":"speaker","onAir":"b","space":"s","speakers":[)"
        R"({"audioPackets":0,"camera":false,"connection":"connecting","hand":false,"id":"a",)"
        R"("muted":false,"name":"Ada \"L\"","onAir":false,"pinned":false,"role":"speaker",)"
        R"("screen":false,"talking":false,"videoPackets":0},)"
        R"({"audioPackets":7,"camera":true,"connection":"unstable","hand":true,"id":"b",)"
        R"("muted":true,"name":"Bob","onAir":true,"pinned":true,"role":"host","screen":true,)"
        R"("talking":true,"videoPackets":8}],)"
        R"("state":"live"})");
  CHECK(on_air_json(two_people()) == R"({"name":"Bob","speaker":"b"})");
  CHECK(on_air_json({}) == R"({"name":null,"speaker":null})");
}

TEST_CASE("a name that is not UTF-8 does no harm") {
  Roster roster = two_people();
  roster.speakers[0].name = std::string(1, char(0xff));
  CHECK(to_json(roster).find("\xef\xbf\xbd") != std::string::npos);
}

TEST_CASE("packet counts are no news, everything else is") {
  const Roster before = two_people();
  Roster now = before;
  now.speakers[0].audio_packets = 1000;
  CHECK(same_news(before, now));
  now.speakers[0].talking = true;
  CHECK_FALSE(same_news(before, now));
  now = before;
  now.speakers[1].connection = Connection::kConnected;
  CHECK_FALSE(same_news(before, now));
  now = before;
  now.speakers.pop_back();
  CHECK_FALSE(same_news(before, now));
  now = before;
  now.ended = true;
  CHECK_FALSE(same_news(before, now));
  now = before;
  now.layout = spacecast::layout::Mode::kGallery;
  CHECK_FALSE(same_news(before, now));
  for (const auto flag : {&RosterEntry::hand, &RosterEntry::screen, &RosterEntry::pinned}) {
    now = before;
    now.speakers[0].*flag = true;
    CHECK_FALSE(same_news(before, now));
  }
}
