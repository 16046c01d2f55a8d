// Goal: a place is kept for a minute, for whoever has the secret, once, and never for too many.
// Method: a clock of numbers.
#include "studio/places.h"

#include <catch2/catch.hpp>

using namespace spacecast::studio;
using namespace std::chrono_literals;

namespace {

constexpr Places::Time kNow{1000s};

Place place(std::string id) {
  return {.id = std::move(id), .name = "Ada", .slot = 3, .muted = true};
}

}  // namespace

TEST_CASE("a place is kept for who has the secret") {
  Places places;
  places.keep("secret", place("ada"), kNow);
  CHECK_FALSE(places.take("", kNow));
  CHECK_FALSE(places.take("other", kNow));
  const auto kept = places.take("secret", kNow + Places::kKept - 1ms);
  REQUIRE(kept);
  CHECK(kept->id == "ada");
  CHECK(kept->slot == 3);
  CHECK(kept->muted);
  CHECK_FALSE(places.take("secret", kNow));
}

TEST_CASE("a place is forgotten after a while") {
  Places places;
  places.keep("one", place("ada"), kNow);
  places.keep("two", place("bob"), kNow + 1s);
  CHECK_FALSE(places.take("one", kNow + Places::kKept));
  CHECK(places.take("two", kNow + Places::kKept));
}

TEST_CASE("the oldest place goes first where there are too many") {
  Places places;
  for (std::size_t i = 0; i <= Places::kMax; ++i) {
    places.keep(std::to_string(i), place("ada"), kNow);
  }
  CHECK_FALSE(places.take("0", kNow));
  CHECK(places.take("1", kNow));
  CHECK(places.take(std::to_string(Places::kMax), kNow));
}
