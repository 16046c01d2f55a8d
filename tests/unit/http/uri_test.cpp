// Goal: no encoding of a path leads anywhere but to the name it plainly means.
// Method: tables of targets, the refused ones at every edge of percent-encoding and UTF-8.
#include "http/uri.h"

#include <catch2/catch.hpp>

using namespace spacecast::http;

TEST_CASE("percent-decoding takes two hex digits or nothing") {
  CHECK(percent_decode("") == "");
  CHECK(percent_decode("a%20b%2F%e2%82%ac") == "a b/€");
  CHECK(percent_decode("%2525") == "%25");  // Once, not twice.
  CHECK(percent_decode("+") == "+");
  CHECK(percent_decode("%00") == std::string(1, '\0'));
  for (const char* bad : {"%", "%2", "a%", "%zz", "%2g", "%%20", "% 20", "%+1", "%-1"}) {
    CAPTURE(bad);
    CHECK_FALSE(percent_decode(bad).has_value());
  }
}

TEST_CASE("a path is split before it is decoded") {
  using Segments = std::vector<std::string>;
  CHECK(split_path("/") == Segments{""});
  CHECK(split_path("/a/b") == Segments{"a", "b"});
  CHECK(split_path("/a/") == Segments{"a", ""});
  CHECK(split_path("//a") == Segments{"", "a"});
  CHECK(split_path("/%61/b%20c") == Segments{"a", "b c"});
  CHECK(split_path("/...") == Segments{"..."});
  CHECK(split_path("/%E2%82%AC") == Segments{"€"});
  for (const char* bad :
       {"", "a", "*", "/a%2fb", "/a%2Fb", "/.", "/..", "/../x", "/x/%2e%2e", "/%2E/x", "/.%2e",
        "/%00", "/a%0d%0ab", "/%7f", "/%ff", "/%c0%af", "/%ed%a0%80", "/%", "/a%2"}) {
    CAPTURE(bad);
    CHECK_FALSE(split_path(bad).has_value());
  }
}

TEST_CASE("query values") {
  CHECK(query_value("a=1&b=2", "b") == "2");
  CHECK(query_value("a=1&a=2", "a") == "1");
  CHECK(query_value("a", "a") == "");
  CHECK(query_value("a=", "a") == "");
  CHECK(query_value("a=b=c", "a") == "b=c");
  CHECK(query_value("&&a=x+y%2B", "a") == "x y+");
  CHECK(query_value("%61=1", "a") == "1");
  CHECK_FALSE(query_value("", "a").has_value());
  CHECK_FALSE(query_value("aa=1&A=2", "a").has_value());
  CHECK_FALSE(query_value("a=%zz", "a").has_value());
}
