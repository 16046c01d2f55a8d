// Goal: what a client may do to a session's ICE, and how everything else is refused (RFC 9725
// §4.3). Method: a table of requests, one after the other on the same session.
#include "studio/ice_session.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "studio/candidate.h"

using namespace spacecast;
using namespace spacecast::studio;

namespace {

constexpr const char* kEtag = "\"abc\"";
constexpr const char* kUfrag = "EsAw";
constexpr const char* kPassword = "P2uYro0UCOQ4zxjKXaWCBui1";

IceSession session() {
  return {kEtag, kUfrag, kPassword, {"candidate:1 1 UDP 1 192.0.2.1 4000 typ host"}};
}

http::Request patch(std::string type, std::string if_match, std::string body) {
  http::Request request;
  request.method = "PATCH";
  request.body = std::move(body);
  if (!type.empty()) request.headers["content-type"] = std::move(type);
  if (!if_match.empty()) request.headers["if-match"] = std::move(if_match);
  return request;
}

std::string candidate(int port) {
  return "a=candidate:1 1 udp 1 192.0.2.1 " + std::to_string(port) + " typ host\r\n";
}

// 204 where the request is carried out.
int status(IceSession& ice, const http::Request& request) {
  const auto result = ice.patch(request);
  return result ? 204 : result.error().status;
}

}  // namespace

TEST_CASE("PATCH: carried out or refused") {
  const std::string type(kIceFragmentType);
  const std::string own = std::string("a=ice-ufrag:") + kUfrag + "\r\na=ice-pwd:" + kPassword +
                          "\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n";
  const std::string restart = "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n";
  struct Case {
    const char* what;
    std::string type, if_match, body;
    int status;
  };
  const Case cases[] = {
      {"no type", "", kEtag, own, 415},
      {"another type", "application/sdp", kEtag, own, 415},
      {"another type wins over all else", "text/plain", "", "junk", 415},
      {"no If-Match", type, "", own, 428},
      {"no If-Match wins over the body", type, "", "junk", 428},
      {"empty", type, kEtag, "", 400},
      {"junk", type, kEtag, "junk\r\n", 400},
      {"another ETag", type, "\"abd\"", own, 412},
      {"another ETag, for a restart", type, "\"abd\"", restart, 412},
      {"a weak ETag never matches", type, "W/\"abc\"", own, 412},
      {"ETags depend on case", type, "\"ABC\"", own, 412},
      {"no quotes", type, "abc", own, 412},
      {"the ETag", type, kEtag, own + candidate(5000), 204},
      {"parameters of the type", type + "; charset=utf-8", kEtag, own, 204},
      {"the type in other case", "Application/Trickle-ICE-sdpfrag", kEtag, own, 204},
      {"one of several", type, "\"x\", \"abc\"", own, 204},
      {"any", type, "*", own, 204},
      {"any, as RFC 9725's figures write it", type, "\"*\"", own, 204},
      {"no credentials", type, kEtag, candidate(5001), 204},
      {"end of candidates", type, kEtag, own + "a=end-of-candidates\r\n", 204},
      {"restart", type, "*", restart, 422},
      {"restart with the ETag", type, kEtag, restart, 422},
      {"another password is a restart too", type, "*",
       "a=ice-ufrag:EsAw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n", 422},
      {"goes on after a restart", type, kEtag, own + candidate(5002), 204},
  };
  auto ice = session();
  for (const auto& c : cases) {
    INFO(c.what);
    CHECK(status(ice, patch(c.type, c.if_match, c.body)) == c.status);
  }
  const auto refused = ice.patch(patch("", kEtag, own));
  REQUIRE_FALSE(refused);
  const auto& headers = refused.error().headers;
  CHECK(std::ranges::find(headers, std::pair<std::string, std::string>("Accept-Patch", type)) !=
        headers.end());
}

TEST_CASE("candidates: each is used once, and there are so many") {
  const std::string type(kIceFragmentType);
  auto ice = session();
  // One of the offer's, and one twice.
  const auto fresh =
      ice.patch(patch(type, "*", candidate(4000) + candidate(5000) + candidate(5000)));
  REQUIRE(fresh);
  CHECK(*fresh == std::vector<std::string>{"candidate:1 1 UDP 1 192.0.2.1 5000 typ host"});
  // A client that sends all of them each time is not refused for it.
  std::string all;
  for (int port = 5000; port < 5000 + static_cast<int>(kCandidatesMax) - 1; ++port) {
    all += candidate(port);
    REQUIRE(status(ice, patch(type, "*", all)) == 204);
  }
  const auto more = ice.patch(patch(type, "*", candidate(6000)));
  REQUIRE_FALSE(more);
  CHECK(more.error().status == 400);
  // What was refused is not used in part.
  CHECK(status(ice, patch(type, "*", all)) == 204);
  CHECK(status(ice, patch(type, "*", candidate(5001) + candidate(6000))) == 400);
}
