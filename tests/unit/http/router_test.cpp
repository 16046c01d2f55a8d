// Goal: a path leads to the most specific pattern that fits, and to that one's methods only; a
// range header leads to one range inside the body or to none. Method: tables.
#include "http/router.h"

#include <catch2/catch.hpp>
#include <variant>

#include "http/range.h"
#include "http/uri.h"

using namespace spacecast::http;

namespace {

Router make_router() {
  Router router;
  const auto add = [&](const char* method, const char* pattern) {
    router = router.with({.method = method, .pattern = pattern, .handler = nullptr});
  };
  add("GET", "/{file...}");
  add("GET", "/");
  add("GET", "/spaces/{id}/hls/{file...}");
  add("GET", "/spaces/{id}/api/stage");
  add("PATCH", "/spaces/{id}/api/{name}");
  add("POST", "/spaces/{id}/whip");
  add("DELETE", "/spaces/{id}/whip");
  return router;
}

}  // namespace

TEST_CASE("the most specific pattern wins, in whatever order they were added") {
  const Router router = make_router();
  const auto pattern = [&](const char* method, const char* path) -> std::string {
    const auto match = router.match(method, *split_path(path));
    if (!match) return "404";
    return match->route ? match->route->pattern : "405 " + match->allow;
  };
  CHECK(pattern("GET", "/") == "/");
  CHECK(pattern("HEAD", "/") == "/");
  CHECK(pattern("GET", "/studio.js") == "/{file...}");
  CHECK(pattern("GET", "/a/b/c") == "/{file...}");
  CHECK(pattern("POST", "/a") == "405 GET, HEAD, OPTIONS");
  CHECK(pattern("GET", "/spaces/x/api/stage") == "/spaces/{id}/api/stage");
  CHECK(pattern("PATCH", "/spaces/x/api/stage") == "405 GET, HEAD, OPTIONS");
  CHECK(pattern("PATCH", "/spaces/x/api/layout") == "/spaces/{id}/api/{name}");
  CHECK(pattern("POST", "/spaces/x/whip") == "/spaces/{id}/whip");
  CHECK(pattern("GET", "/spaces/x/whip") == "405 POST, DELETE, OPTIONS");
  CHECK(pattern("GET", "/spaces/x/whip/") == "/{file...}");
  CHECK(pattern("POST", "/spaces//whip") == "405 GET, HEAD, OPTIONS");
}

TEST_CASE("parameters") {
  const Router router = make_router();
  const auto params = router.match("GET", *split_path("/spaces/x%20y/hls/v0/1.2.m4s"))->params;
  CHECK(params.at("id") == "x y");
  CHECK(params.at("file") == "v0/1.2.m4s");
  CHECK(router.match("GET", *split_path("/spaces/x/hls/"))->params.at("file").empty());
}

TEST_CASE("a router without patterns knows nothing") {
  CHECK_FALSE(Router().match("GET", {""}).has_value());
}

TEST_CASE("one byte range, clipped to the body") {
  const auto text = [](std::string_view header, std::size_t size) -> std::string {
    const auto range = parse_range(header, size);
    if (const auto* part = std::get_if<ByteRange>(&range)) {
      return std::to_string(part->first) + "-" + std::to_string(part->last);
    }
    return std::holds_alternative<NotSatisfiable>(range) ? "416" : "whole";
  };
  CHECK(text("bytes=0-0", 10) == "0-0");
  CHECK(text("bytes=3-", 10) == "3-9");
  CHECK(text("bytes=3-99", 10) == "3-9");
  CHECK(text("bytes=-4", 10) == "6-9");
  CHECK(text("bytes=-40", 10) == "0-9");
  CHECK(text("bytes=0-99999999999999999999999", 10) == "0-9");
  CHECK(text("bytes=99999999999999999999999-", 10) == "416");
  CHECK(text("bytes=10-12", 10) == "416");
  CHECK(text("bytes=-0", 10) == "416");
  CHECK(text("bytes=0-", 0) == "416");
  for (const char* whole :
       {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-3", "bytes=0-1,3-4", "items=0-1",
        "bytes= 0-1", "bytes=0-1 ", "bytes=+1-2", "bytes=1-0x2"}) {
    CAPTURE(whole);
    CHECK(text(whole, 10) == "whole");
  }
}
