// Goal: addresses are numeric and complete, and what is loopback is known for certain.
// Method: tables.
#include "app/address.h"

#include <catch2/catch.hpp>

using namespace spacecast;

TEST_CASE("HOST:PORT is read") {
  struct Case {
    const char* text;
    const char* host;
    int port;
    bool loopback;
    const char* authority;
  };
  for (const Case& c : {Case{"127.0.0.1:8080", "127.0.0.1", 8080, true, "127.0.0.1:8080"},
                        Case{"localhost:0", "127.0.0.1", 0, true, "127.0.0.1:0"},
                        Case{"[::1]:65535", "::1", 65535, true, "[::1]:65535"},
                        Case{"0.0.0.0:80", "0.0.0.0", 80, false, "0.0.0.0:80"},
                        Case{"[::]:80", "::", 80, false, "[::]:80"}}) {
    CAPTURE(c.text);
    const auto address = parse_address(c.text);
    REQUIRE(address);
    CHECK(address->host == c.host);
    CHECK(address->port == c.port);
    CHECK(address->loopback() == c.loopback);
    CHECK(address->authority(address->port) == c.authority);
  }
}

TEST_CASE("port ranges") {
  for (const char* text : {"", "50000", "50000-", "-50000", "50100-50000", "1023-2000",
                           "50000-65536", "50000-50100x", "50000 - 50100"}) {
    CAPTURE(text);
    const auto range = parse_port_range(text);
    REQUIRE_FALSE(range);
    CHECK_THAT(range.error().message, Catch::Contains("1024 to 65535"));
  }
  CHECK(*parse_port_range("1024-65535") == std::pair<std::uint16_t, std::uint16_t>(1024, 65535));
  CHECK(*parse_port_range("50000-50000") == std::pair<std::uint16_t, std::uint16_t>(50000, 50000));
}

TEST_CASE("anything else is refused with what is allowed") {
  for (const char* text : {"", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                           "127.0.0.1:8x", "example.org:80", "::1:80", "[::1:80", "127.1:80"}) {
    CAPTURE(text);
    const auto address = parse_address(text);
    REQUIRE_FALSE(address);
    CHECK_THAT(address.error().message, Catch::Contains("allowed is HOST:PORT"));
  }
}
