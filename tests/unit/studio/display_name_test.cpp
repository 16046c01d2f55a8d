// Goal: one name has one spelling, and the limits of a name hold for what is told. Method: names as
// keyboards compose them.
#include "studio/display_name.h"

#include <catch2/catch.hpp>

using spacecast::studio::read_display_name;

TEST_CASE("names are told in normal form C") {
  CHECK(read_display_name("Zoe\u0308") == "Zo\u00eb");
  CHECK(read_display_name("Zo\u00eb") == "Zo\u00eb");
  CHECK(read_display_name("\u1112\u1161\u11ab") == "\ud55c");  // Hangul of three jamo.
  CHECK(read_display_name(" \u212bngstr\u00f6m ") == "\u00c5ngstr\u00f6m");
  CHECK(read_display_name("\u674e\u5c0f\u9f8d \U0001f3a5") == "\u674e\u5c0f\u9f8d \U0001f3a5");
}

TEST_CASE("what is no name before or after is refused") {
  CHECK_FALSE(read_display_name("").has_value());
  CHECK_FALSE(read_display_name("a\nb").has_value());
  CHECK_FALSE(read_display_name("\xff").has_value());
  // U+0958 becomes two code points: 33 of them are too many, 32 are not.
  const auto times = [](int count) {
    std::string name;
    for (int i = 0; i < count; ++i) name += "\u0958";
    return name;
  };
  CHECK(read_display_name(times(32)).has_value());
  CHECK_FALSE(read_display_name(times(33)).has_value());
}
