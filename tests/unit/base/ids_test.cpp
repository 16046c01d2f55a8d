// Goal: names from outside are bounded and well-formed before anything else sees them.
// Method: tables of accepted and refused texts, the refused ones at every edge of UTF-8.
#include "base/ids.h"

#include <catch2/catch.hpp>
#include <set>

using namespace spacecast;

TEST_CASE("space ids are safe in URLs and file names") {
  for (const char* good : {"a", "demo", "Space_1-x", "0"}) CHECK(parse_space_id(good) == good);
  for (const char* bad : {"", "-a", "a/b", "..", "a b", "ü", "a%2f"}) {
    CHECK_FALSE(parse_space_id(bad).has_value());
  }
  CHECK(parse_space_id(std::string(64, 'a')).has_value());
  CHECK_FALSE(parse_space_id(std::string(65, 'a')).has_value());
}

TEST_CASE("display names are trimmed, bounded UTF-8") {
  CHECK(parse_display_name("  Ada \n") == "Ada");
  CHECK(parse_display_name("Zoë 李小龍 🎥") == "Zoë 李小龍 🎥");
  CHECK(parse_display_name(std::string(64, 'x')).has_value());
  CHECK_FALSE(parse_display_name(std::string(65, 'x')).has_value());
  for (const char* bad : {"", "   ", "a\tb", "\x7f", "\xff", "\xc0\xaf", "\xe0\x80\xaf",
                          "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "a\xc2\x85z"}) {
    CHECK_FALSE(parse_display_name(bad).has_value());
  }
}

TEST_CASE("random ids are 22 characters of base64url and do not repeat") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = random_id();
    CHECK(id.size() == 22);
    CHECK(
        id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
        std::string::npos);
    CHECK(seen.insert(id).second);
  }
}
