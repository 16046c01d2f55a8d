// Goal: viewers and caches get from the origin what RFC 8216bis §6.2 and Appendix B.1 promise them:
// every answer at its moment, whole, from one version, with the right lifetime.
// Method: a store that the test fills part by part, a real server, clients on plain sockets.
#include "origin/origin.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <set>

#include "http/gzip.h"
#include "tests/unit/origin/fixture.h"

using namespace spacecast;
using namespace spacecast::test;

namespace {

// Both ends of every connection are in this process, and Debian's soft limit is 1024.
void allow_many_descriptors() {
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

}  // namespace

TEST_CASE("types, lifetimes and CORS of each class") {
  OriginFixture origin;
  origin.presentation.segments(3);
  struct Case {
    const char* file;
    const char* type;
    const char* caching;
  };
  for (const Case& c : {
           Case{"master.m3u8", "application/vnd.apple.mpegurl", "public, max-age=1"},
           Case{"v0.m3u8", "application/vnd.apple.mpegurl", "public, max-age=1"},
           Case{"a0.m3u8?_HLS_skip=YES", "application/vnd.apple.mpegurl", "public, max-age=1"},
           Case{"v0.m3u8?_HLS_msn=1", "application/vnd.apple.mpegurl",
                "public, max-age=0, s-maxage=12"},
           Case{"v0.m3u8?_HLS_part=1&_HLS_msn=1&x=y", "application/vnd.apple.mpegurl",
                "public, max-age=0, s-maxage=12"},
           Case{"v0.iframes.m3u8", "application/vnd.apple.mpegurl", "public, max-age=1"},
           Case{"v0.iframes.m3u8?_HLS_msn=2", "application/vnd.apple.mpegurl",
                "public, max-age=0, s-maxage=12"},
           // As long as the store answers them: their own length and a playlist's after they have
           // left it, and what a cache may keep of that.
           Case{"v0/init-1.mp4", "video/mp4", "public, max-age=19"},
           Case{"v0/1.m4s", "video/iso.segment", "public, max-age=17"},
           Case{"v0/1.2.m4s", "video/iso.segment", "public, max-age=12"},
           Case{"a0/init-1.mp4", "audio/mp4", "public, max-age=20"},
           Case{"a0/1.2.m4s", "audio/mp4", "public, max-age=12"},
       }) {
    CAPTURE(c.file);
    const auto response = origin.get(c.file);
    CHECK(response.status == 200);
    CHECK(response.header("content-type") == c.type);
    CHECK(response.header("cache-control") == c.caching);
    CHECK(response.header("access-control-allow-origin") == "*");
    CHECK(response.header("content-length") == std::to_string(response.body.size()));
    CHECK(response.header("transfer-encoding").empty());
    CHECK(response.header("set-cookie").empty());
    const bool is_playlist = std::string_view(c.file).find("m3u8") != std::string_view::npos;
    CHECK(response.header("vary") == (is_playlist ? "Accept-Encoding" : ""));
  }
  CHECK(origin.get("v0/1.2.m4s").body == "1.2;");
  CHECK(origin.get("v0/1.m4s").body == "1.0;1.1;1.2;1.3;1.4;1.5;");
  CHECK(origin.get("v0/1.m4s", "Range: bytes=4-7\r\n").body == "1.1;");
  const origin::Metrics& metrics = origin.mounted->metrics();
  CHECK(metrics.multivariant_playlists == 1);
  CHECK(metrics.media_playlists == 6);
  CHECK(metrics.init_sections == 2);
  CHECK(metrics.segments == 3);
  CHECK(metrics.parts == 3);
  CHECK(metrics.parked == 0);
}

TEST_CASE("playlists are compressed for those who take it, with the same text") {
  OriginFixture origin;
  origin.presentation.segments(3);
  for (const char* file :
       {"master.m3u8", "v0.m3u8", "v0.m3u8?_HLS_msn=1&_HLS_part=0", "v0.m3u8?_HLS_skip=YES"}) {
    CAPTURE(file);
    const auto plain = origin.get(file, "Accept-Encoding: identity\r\n");
    const auto packed = origin.get(file, "Accept-Encoding: gzip, br\r\n");
    CHECK(plain.header("content-encoding").empty());
    CHECK(packed.header("content-encoding") == "gzip");
    CHECK(packed.header("vary") == "Accept-Encoding");
    CHECK(packed.body == as_text(*http::gzip(plain.body)));
  }
  CHECK(origin.get("v0/1.m4s", "Accept-Encoding: gzip\r\n").header("content-encoding").empty());
}

TEST_CASE("caches are told where a rendition stands, by answers and by refusals") {
  OriginFixture origin;
  origin.presentation.segments(3);
  origin.presentation.part();
  const auto live = [&](const char* file) { return origin.get(file).header("spacecast-live"); };
  const auto state = [](std::string_view header) { return header.substr(0, header.find(',')); };
  const std::string before = live("v0.m3u8");
  CHECK_THAT(before, Catch::EndsWith(", first=0, next=3.1, parts=6, advance=8, init=1, renditions=v0 a0"));
  for (const char* file : {"v0.m3u8?_HLS_msn=2", "v0.m3u8?_HLS_msn=99", "v0/99.0.m4s", "v0/99.m4s",
                           "v0.nothing", "v0.iframes.m3u8"}) {
    CHECK(live(file) == before);
  }
  CHECK(state(live("a0.m3u8")) == state(before));
  for (const char* file : {"master.m3u8", "v1.m3u8", "v00/3.0.m4s"}) CHECK(live(file).empty());
  origin.presentation.part();
  const std::string after = live("v0.m3u8");
  CHECK_THAT(after, Catch::EndsWith(", first=0, next=3.2, parts=6, advance=8, init=1, renditions=v0 a0"));
  CHECK(state(before) < state(after));
}

TEST_CASE("with a secret only caches are answered") {
  OriginFixture origin({.edge_secret = "0123456789abcdef"});
  origin.presentation.segments(3);
  for (const char* file : {"master.m3u8", "v0.m3u8", "v0/0.m4s", "v0/3.0.m4s", "nothing"}) {
    const auto refused = origin.get(file);
    CHECK(refused.status == 403);
    CHECK(refused.header("content-type") == "application/problem+json");
    CHECK(refused.header("cache-control") == "no-store");
  }
  CHECK(origin.get("v0.m3u8", "Spacecast-Edge: 0123456789abcdeF\r\n").status == 403);
  CHECK(origin.get("v0.m3u8", "Spacecast-Edge: 0123456789abcdef\r\n").status == 200);
  CHECK(origin.mounted->metrics().not_a_cache == 6);
  CHECK(origin.mounted->metrics().waiting == 0);
}

TEST_CASE("errors come at once and are not cached") {
  OriginFixture origin;
  origin.presentation.segments(3);
  origin.presentation.part();  // The edge is part 0 of segment 3.
  struct Case {
    const char* file;
    int status;
  };
  for (const Case& c : {
           Case{"v0.m3u8?_HLS_msn=6", 400},
           Case{"v0.m3u8?_HLS_msn=3&_HLS_part=9", 400},
           Case{"v0.m3u8?_HLS_part=1", 400},
           Case{"v0.m3u8?_HLS_msn=-1", 400},
           Case{"v0.m3u8?_HLS_msn=99999999999999999999", 400},
           Case{"v0.m3u8?_HLS_msn=x", 400},
           Case{"v1.m3u8", 404},
           Case{"", 404},
           Case{"v0/", 404},
           Case{"v0/3.m4s", 404},
           Case{"v0/3.2.m4s", 404},  // Only 3.1 is hinted.
           Case{"v0/99.m4s", 404},
           Case{"v0/01.m4s", 404},
       }) {
    CAPTURE(c.file);
    const auto response = origin.get(c.file);
    CHECK(response.status == c.status);
    CHECK(response.header("cache-control") == "no-store");
    CHECK(response.header("content-type") == "application/problem+json");
    CHECK(response.header("access-control-allow-origin") == "*");
  }
  CHECK(eventually([&] { return origin.mounted->metrics().waiting == 0; }));
  // What was too early becomes right: the errors above left nothing behind.
  origin.presentation.parts(5);
  CHECK(origin.get("v0/3.2.m4s").body == "3.2;");
  RawClient client = origin.client();
  client.request("POST /spaces/demo/hls/v0.m3u8");
  CHECK(client.response().status == 405);
}

TEST_CASE("a blocking reload is answered by the change that it waits for") {
  OriginFixture origin;
  origin.presentation.segments(3);
  RawClient part = origin.park("v0.m3u8?_HLS_msn=3&_HLS_part=0", 1);
  RawClient next = origin.park("v0.m3u8?_HLS_msn=3&_HLS_part=1", 2);
  RawClient segment = origin.park("v0.m3u8?_HLS_msn=3", 3);
  RawClient other = origin.park("a0.m3u8?_HLS_msn=3&_HLS_part=0", 4);

  origin.presentation.video.part();
  auto response = part.response();
  CHECK(response.status == 200);
  CHECK(contains(response, "v0/3.0.m4s"));
  CHECK(response.header("cache-control") == "public, max-age=0, s-maxage=12");
  CHECK(eventually([&] { return origin.mounted->metrics().waiting == 3; }));

  origin.presentation.audio.part();
  CHECK(contains(other.response(), "a0/3.0.m4s"));
  origin.presentation.part();
  response = next.response();
  CHECK(contains(response, "URI=\"v0/3.1.m4s\""));
  CHECK(eventually([&] { return origin.mounted->metrics().waiting == 1; }));

  origin.presentation.parts(4);
  CHECK(contains(segment.response(), "\nv0/3.m4s"));
  CHECK(eventually([&] { return origin.mounted->metrics().waiting == 0; }));
  CHECK(origin.mounted->metrics().parked == 4);
}

TEST_CASE("the hinted part is sent when it is complete, across the segment's end too") {
  OriginFixture origin;
  origin.presentation.segments(3);
  RawClient first = origin.park("v0/3.0.m4s");
  origin.presentation.part();
  auto response = first.response();
  CHECK(response.body == "3.0;");
  CHECK(response.header("cache-control") == "public, max-age=12");
  origin.presentation.parts(5);
  RawClient across = origin.park("v0/4.0.m4s");
  origin.presentation.part();
  CHECK(across.response().body == "4.0;");
}

TEST_CASE("joining before there is enough to play waits until there is") {
  OriginFixture origin;
  RawClient multivariant = origin.park("master.m3u8", 1);
  RawClient media = origin.park("v0.m3u8", 2);
  origin.presentation.segments(1);
  RawClient again = origin.park("master.m3u8", 3);
  CHECK(origin.mounted->metrics().waiting == 3);
  origin.presentation.segments(2);
  CHECK(contains(multivariant.response(), "v0.m3u8"));
  CHECK(contains(again.response(), "v0.m3u8"));
  CHECK(contains(media.response(), "\nv0/1.m4s"));
}

TEST_CASE("the end answers all who wait, and everybody after") {
  OriginFixture origin;
  origin.presentation.segments(3);
  RawClient reload = origin.park("v0.m3u8?_HLS_msn=4&_HLS_part=3", 1);
  RawClient delta = origin.park("a0.m3u8?_HLS_msn=3&_HLS_part=0&_HLS_skip=YES", 2);
  RawClient hint = origin.park("v0/3.0.m4s", 3);
  origin.presentation.store->end();
  CHECK(contains(reload.response(), "#EXT-X-ENDLIST"));
  CHECK(contains(delta.response(), "#EXT-X-ENDLIST"));
  CHECK(hint.response().status == 404);
  CHECK(contains(origin.get("v0.m3u8?_HLS_msn=99999"), "#EXT-X-ENDLIST"));
}

TEST_CASE("nothing for three target durations is a 503 that is not cached") {
  OriginFixture origin({}, {.target_duration_s = 1});
  RawClient waiting = origin.park("master.m3u8");
  const auto response = waiting.response();
  CHECK(response.status == 503);
  CHECK(response.header("retry-after") == "1");
  CHECK(response.header("cache-control") == "no-store");
  CHECK(origin.mounted->metrics().timed_out == 1);
  CHECK(eventually([&] { return origin.mounted->metrics().waiting == 0; }));
}

TEST_CASE("the number of those who wait is bounded, and who is gone does not count") {
  OriginFixture origin({.max_waiting = 2});
  origin.presentation.segments(3);
  RawClient first = origin.park("v0.m3u8?_HLS_msn=3&_HLS_part=0", 1);
  {
    RawClient second = origin.park("v0.m3u8?_HLS_msn=3&_HLS_part=0", 2);
    const auto refused = origin.get("v0.m3u8?_HLS_msn=3&_HLS_part=0");
    CHECK(refused.status == 503);
    CHECK(refused.header("cache-control") == "no-store");
    CHECK(origin.get("v0.m3u8").status == 200);  // What need not wait is served.
  }
  CHECK(eventually([&] { return origin.mounted->metrics().waiting == 1; }));
  RawClient third = origin.park("v0/3.0.m4s", 2);
  origin.presentation.part();
  CHECK(first.response().status == 200);
  CHECK(third.response().status == 200);
  CHECK(origin.mounted->metrics().turned_away == 1);
}

TEST_CASE("a thousand who wait get one rendering") {
  allow_many_descriptors();
  OriginFixture origin;
  origin.presentation.segments(3);
  constexpr std::size_t kClients = 1000;
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(origin.client());
    clients.back().request("GET " + OriginFixture::path("v0.m3u8?_HLS_msn=3&_HLS_part=0"));
  }
  REQUIRE(eventually([&] { return origin.mounted->metrics().waiting == kClients; }));
  CHECK(origin.mounted->metrics().rendered_playlists == 0);
  origin.presentation.video.part();
  std::set<std::string> bodies;
  for (RawClient& client : clients) {
    const auto response = client.response();
    CHECK(response.status == 200);
    bodies.insert(response.body);
  }
  CHECK(bodies.size() == 1);
  CHECK(origin.mounted->metrics().rendered_playlists == 1);
  CHECK(origin.server->pending() == 0);
}

TEST_CASE("a thousand who wait are answered at once at the end") {
  allow_many_descriptors();
  OriginFixture origin;
  origin.presentation.segments(3);
  constexpr std::size_t kClients = 1000;
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(origin.client());
    clients.back().request(
        "GET " + OriginFixture::path(i % 2 == 0 ? "v0.m3u8?_HLS_msn=4&_HLS_part=2" : "v0/3.0.m4s"));
  }
  REQUIRE(eventually([&] { return origin.mounted->metrics().waiting == kClients; }));
  origin.presentation.store->end();
  for (std::size_t i = 0; i < kClients; ++i) {
    const auto response = clients[i].response();
    if (i % 2 == 0) {
      CHECK(response.status == 200);
      CHECK(contains(response, "#EXT-X-ENDLIST"));
      CHECK_FALSE(contains(response, "PRELOAD-HINT"));
    } else {
      CHECK(response.status == 404);
    }
  }
  CHECK(eventually([&] { return origin.mounted->metrics().waiting == 0; }));
  CHECK(origin.mounted->metrics().timed_out == 0);
  CHECK(origin.mounted->metrics().rendered_playlists == 1);
}

TEST_CASE("names that do not exist leave nothing behind") {
  OriginFixture origin;
  origin.presentation.segments(3);
  RawClient client = origin.client();
  const std::string long_name(20000, 'x');
  for (int i = 0; i < 500; ++i) {
    const std::string number = std::to_string(i);
    for (const std::string& file :
         {"v0/" + number + "0.m4s", "v0/3." + number + "9.m4s", "v0/init-" + number + "7.mp4",
          "x" + number + ".m3u8", "a/b/c/" + number, "v0.m3u8?_HLS_msn=9" + number}) {
      CHECK(client.get(OriginFixture::path(file)).status / 100 == 4);
    }
  }
  CHECK(client.get(OriginFixture::path(long_name)).status == 404);
  const origin::Metrics& metrics = origin.mounted->metrics();
  CHECK(metrics.not_found == 2501);
  CHECK(metrics.bad_requests == 500);
  CHECK(metrics.parked == 0);
  CHECK(metrics.waiting == 0);
  CHECK(metrics.rendered_playlists == 0);
  CHECK(metrics.cached_bytes == 0);
  CHECK(metrics.file_reads + metrics.file_read_failures == 0);
  CHECK(origin.server->pending() == 0);
  CHECK(origin.server->connections() == 1);
}

TEST_CASE("the I-frame playlist waits for whole segments") {
  OriginFixture origin;
  origin.presentation.segments(3);
  CHECK(origin.get("a0.iframes.m3u8").status == 404);
  const auto now = origin.get("v0.iframes.m3u8", "Accept-Encoding: gzip\r\n");
  CHECK(now.header("content-encoding") == "gzip");
  RawClient next = origin.park("v0.iframes.m3u8?_HLS_msn=3&_HLS_part=0");
  origin.presentation.parts(5);
  CHECK(origin.mounted->metrics().waiting == 1);
  origin.presentation.part();
  const auto response = next.response();
  CHECK(contains(response, "#EXT-X-I-FRAMES-ONLY"));
  CHECK_FALSE(contains(response, "#EXT-X-PART:"));
  CHECK(response.header("cache-control") == "public, max-age=0, s-maxage=12");
}

TEST_CASE("readers see whole versions while the playlist changes") {
  OriginFixture origin;
  origin.presentation.segments(3);
  std::set<std::string> versions = {origin.get("v0.m3u8").body};
  for (int round = 0; round < 20; ++round) {
    std::vector<RawClient> clients;
    for (int i = 0; i < 50; ++i) {
      clients.push_back(origin.client());
      clients.back().request("GET " + OriginFixture::path("v0.m3u8"));
    }
    origin.presentation.video.part();
    std::set<std::string> seen;
    for (RawClient& client : clients) seen.insert(client.response().body);
    versions.insert(origin.get("v0.m3u8").body);
    CHECK(seen.size() <= 2);
    for (const std::string& body : seen) CHECK(versions.contains(body));
  }
  CHECK(versions.size() == 21);
}

TEST_CASE("a listed part is there, from the moment that it is listed") {
  OriginFixture origin;
  origin.presentation.segments(3);
  RawClient client = origin.client();
  for (std::uint64_t part = 0; part < 6; ++part) {
    RawClient waiting = origin.park("v0.m3u8?_HLS_msn=3&_HLS_part=" + std::to_string(part));
    origin.presentation.video.part();
    const std::string name = "v0/3." + std::to_string(part) + ".m4s";
    REQUIRE(contains(waiting.response(), name));
    CHECK(client.get(OriginFixture::path(name)).body == "3." + std::to_string(part) + ";");
  }
}

TEST_CASE("a server goes while viewers wait, and the store lives on") {
  auto origin = std::make_unique<OriginFixture>();
  origin->presentation.segments(3);
  RawClient waiting = origin->park("v0.m3u8?_HLS_msn=3");
  const auto store = origin->presentation.store;
  origin.reset();
  CHECK(waiting.closed_by_server());
  store->end();
}
