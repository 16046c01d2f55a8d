// Goal: peers behind 1:1 NAT are told the public address where, and only where, the local one
// stood. Method: descriptions as text.
#include "gstx/ice.h"

#include <catch2/catch.hpp>

using namespace spacecast;

TEST_CASE("host candidates of the local address are given the public one") {
  const std::string before =
      "v=0\r\no=- 1 0 IN IP4 10.0.0.5\r\n"
      "a=candidate:1 1 UDP 2015363327 10.0.0.5 50000 typ host\r\n"
      "a=candidate:2 1 UDP 2015363327 10.0.0.50 50001 typ host\r\n"
      "a=candidate:3 1 UDP 1679819007 10.0.0.5 50002 typ srflx raddr 10.0.0.5 rport 50000\r\n"
      "a=candidate:4\r\n"
      "a=end-of-candidates\r\n";
  auto after = before;
  after.replace(after.find("10.0.0.5 50000"), 8, "203.0.113.7");
  CHECK(with_public_address(before, {.address = "10.0.0.5", .public_address = "203.0.113.7"}) ==
        after);
  CHECK(with_public_address(before, {.address = "10.0.0.5"}) == before);
  CHECK(with_public_address(before, {.address = "10.9.9.9", .public_address = "203.0.113.7"}) ==
        before);
  CHECK(with_public_address("", {.address = "10.0.0.5", .public_address = "203.0.113.7"}).empty());
  const std::string last = "a=candidate:1 1 UDP 1 10.0.0.5 50000 typ host";
  CHECK(with_public_address(last, {.address = "10.0.0.5", .public_address = "::1"}) ==
        "a=candidate:1 1 UDP 1 ::1 50000 typ host");
}
