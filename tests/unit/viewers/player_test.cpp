// Goal: a viewer asks for what hls.js asks for, in its order; it plays what it has, stalls when
// that is used up, and counts each part's delay from its publication once. Method: a stream that is
// written by hand, a clock that is a number.
#include "viewers/player.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

using namespace spacecast::viewers;
using Kind = Request::Kind;

namespace {

constexpr double kPart = 0.5;
constexpr std::size_t kPartsInSegment = 4;

const std::string kMultivariant =
    "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"a.m3u8\"\n#EXT-X-STREAM-INF:AUDIO="
    "\"a\"\nv.m3u8\n";

// A playlist with all that `parts` parts make, from the first one on.
std::string playlist(std::size_t parts, bool ended = false) {
  std::string text = fmt::format(
      "#EXTM3U\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={}\n#EXT-X-PART-INF:PART-"
      "TARGET={}\n"
      "#EXT-X-MAP:URI=\"i.mp4\"\n",
      3 * kPart, kPart);
  for (std::size_t i = 0; i < parts; ++i) {
    const std::size_t segment = i / kPartsInSegment;
    const std::size_t part = i % kPartsInSegment;
    text += fmt::format("#EXT-X-PART:DURATION={},URI=\"{}.{}.m4s\"{}\n", kPart, segment, part,
                        part == 0 ? ",INDEPENDENT=YES" : "");
    if (part + 1 == kPartsInSegment) text += fmt::format("#EXTINF:2,\n{}.m4s\n", segment);
  }
  if (ended) text += "#EXT-X-ENDLIST\n";
  return text;
}

std::vector<std::string> names(const std::vector<Request>& requests) {
  std::vector<std::string> all;
  for (const Request& request : requests) {
    all.push_back(request.uri + (request.query.empty() ? "" : "?" + request.query));
  }
  return all;
}

struct Rig {
  Tally tally;
  Player player{"http://x/m.m3u8", tally, 0};

  std::vector<Request> answer(const Request& request, double now, const std::string& body = {},
                              double published_at = std::numeric_limits<double>::quiet_NaN()) {
    return player.take(request,
                       {.status = 200,
                        .url = "http://x/" + request.uri,
                        .body = body,
                        .bytes = 1000,
                        .published_at = published_at},
                       now);
  }
  std::vector<Request> fail(const Request& request, int status, double now) {
    return player.take(request, {.status = status}, now);
  }
  // A video-only stream of `parts` parts is being watched; returns what is asked for next.
  std::vector<Request> begin(std::size_t parts, double now) {
    auto next = player.join(now);
    next = answer(next[0], now, "#EXTM3U\n#EXT-X-STREAM-INF:X=1\nv.m3u8\n");
    return answer(next[0], now, playlist(parts));
  }
  // Answers all media there is to load; returns the reload that was asked for.
  Request load_all(std::vector<Request> requests, double now) {
    Request reload;
    while (!requests.empty()) {
      const Request request = requests.back();
      requests.pop_back();
      if (request.kind == Kind::kPlaylist) {
        reload = request;
        continue;
      }
      for (Request& next : answer(request, now)) requests.push_back(std::move(next));
    }
    return reload;
  }
};

}  // namespace

TEST_CASE("picture and sound are asked for together, then each by itself") {
  Rig rig;
  auto next = rig.player.join(0);
  REQUIRE(names(next) == std::vector<std::string>{"http://x/m.m3u8"});
  next = rig.answer(next[0], 0, kMultivariant);
  REQUIRE(names(next) == std::vector<std::string>{"v.m3u8", "a.m3u8"});
  // Ten parts: 1.5 s behind their end lies in the second segment, which begins at part 4.
  const auto video = rig.answer(next[0], 0, playlist(10));
  CHECK(names(video) ==
        std::vector<std::string>{"i.mp4", "http://x/v.m3u8?_HLS_msn=2&_HLS_part=2"});
  const auto first = rig.answer(video[0], 0);
  CHECK(names(first) == std::vector<std::string>{"1.0.m4s"});
}

TEST_CASE("after a complete segment the next one's first part is waited for") {
  Rig rig;
  CHECK(names(rig.begin(8, 0)).back() == "http://x/v.m3u8?_HLS_msn=2&_HLS_part=0");
}

TEST_CASE("parts are loaded one after the other, and each new one's delay is counted once") {
  Rig rig;
  Request reload = rig.load_all(rig.begin(8, 0), 0);
  CHECK(rig.tally.parts().count() == 0);
  // The first reload may bring what was there before anybody asked.
  reload = rig.load_all(rig.answer(reload, 0.5, playlist(8), 0.1), 0.5);
  CHECK(rig.tally.playlists().count() == 0);
  const auto next = rig.answer(reload, 1.01, playlist(9), 1.0);
  CHECK(rig.tally.playlists().count() == 1);
  REQUIRE(names(next) ==
          std::vector<std::string>{"2.0.m4s", "http://x/v.m3u8?_HLS_msn=2&_HLS_part=1"});
  CHECK(rig.answer(next[0], 1.03).empty());
  CHECK(rig.tally.parts().count() == 1);
  CHECK(rig.tally.parts().max() == Approx(0.03));
  // Two at once: the older one was published earlier by its successor's length.
  const auto two = rig.answer(next[1], 2.0, playlist(11), 2.0);
  rig.load_all(two, 2.1);
  CHECK(rig.tally.parts().count() == 3);
  CHECK(rig.tally.parts().max() == Approx(0.6));
}

TEST_CASE("what is there is played, and then it stalls until there is a part again") {
  Rig rig;
  Request reload = rig.load_all(rig.begin(8, 0), 0);
  CHECK(rig.tally.start().count() == 1);
  CHECK(rig.player.tick(1.9).empty());
  CHECK(rig.tally.stalls() == 0);
  CHECK(rig.player.tick(2.5).empty());
  const auto next = rig.answer(reload, 3.0, playlist(9), 3.0);
  rig.load_all(next, 3.0);
  CHECK(rig.tally.stalls() == 1);
  CHECK(rig.tally.stalled_s() == Approx(1.0));
}

TEST_CASE("a failed reload is asked for again, without waiting for what may have passed") {
  Rig rig;
  Request reload = rig.load_all(rig.begin(8, 0), 0);
  CHECK(rig.fail(reload, 503, 1.0).empty());
  CHECK(rig.player.tick(1.5).empty());
  CHECK(names(rig.player.tick(2.1)) == std::vector<std::string>{"http://x/v.m3u8"});
  CHECK(rig.tally.errors().at("503") == 1);
}

TEST_CASE("a part that is gone is passed over, a broken connection is tried again") {
  Rig rig;
  auto next = rig.begin(8, 0);
  next = rig.answer(next[0], 0);
  const auto after = rig.fail(next[0], 404, 0);
  CHECK(names(after) == std::vector<std::string>{"1.1.m4s"});
  CHECK(rig.fail(after[0], 0, 0).empty());
  CHECK(names(rig.player.tick(1.1)) == std::vector<std::string>{"1.1.m4s"});
  CHECK(rig.tally.jumps() == 1);
  CHECK(rig.tally.errors().at("connection") == 1);
}

TEST_CASE("at the end the rest is played and nothing is asked for any more") {
  Rig rig;
  Request reload = rig.load_all(rig.begin(8, 0), 0);
  const auto next = rig.answer(reload, 1, playlist(8, true));
  CHECK(next.empty());
  CHECK_FALSE(rig.player.ended());
  CHECK(rig.player.tick(5).empty());
  CHECK(rig.player.ended());
  CHECK(rig.tally.stalls() == 0);
}

TEST_CASE("an answer that is no playlist is an error like any other") {
  Rig rig;
  auto next = rig.player.join(0);
  CHECK(rig.answer(next[0], 0, "<html>").empty());
  CHECK(rig.tally.errors().at("unreadable") == 1);
  CHECK(names(rig.player.tick(1.1)) == std::vector<std::string>{"http://x/m.m3u8"});
}
