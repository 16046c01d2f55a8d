// Goal: --ladder takes what it says it takes, and a refusal says what is allowed. Method: a table.
#include "pipelines/ladder.h"

#include <catch2/catch.hpp>

using namespace spacecast;

TEST_CASE("a ladder starts with the program's picture and goes down") {
  const auto ladder = parse_ladder("720p,480p,240p");
  REQUIRE(ladder);
  REQUIRE(ladder->size() == 3);
  CHECK(ladder->front().rate_share == 1);
  for (std::size_t i = 1; i < ladder->size(); ++i) {
    CHECK((*ladder)[i].lines < (*ladder)[i - 1].lines);
    CHECK((*ladder)[i].rate_share < (*ladder)[i - 1].rate_share);
  }
  CHECK(parse_ladder("720p"));
}

TEST_CASE("anything else is refused in one line that says what is allowed") {
  const char* text = GENERATE("", "360p", "360p,720p", "720p,720p", "720p,", ",720p", "720p, 360p",
                              "1080p,720p", "720p,361p", "720", "720p;360p");
  CAPTURE(text);
  const auto refused = parse_ladder(text);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kInvalidArgument);
  CHECK_THAT(refused.error().message, Catch::Contains('"' + std::string(text) + '"') &&
                                          Catch::Contains("720p") && Catch::Contains("480p, 360p"));
  CHECK_THAT(refused.error().message, !Catch::Contains("\n"));
}
