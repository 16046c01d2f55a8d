// Goal: a speaker's word about itself is read strictly. Method: a table.
#include "studio/speaker_change.h"

#include <catch2/catch.hpp>
#include <string>

using namespace spacecast;
using namespace spacecast::studio;

TEST_CASE("changes that are read") {
  const auto both = read_speaker_change("{\"camera\":false,\"muted\":true}");
  REQUIRE(both);
  CHECK(both->camera == false);
  CHECK(both->muted == true);
  const auto one = read_speaker_change(" {\"camera\" : true} ");
  REQUIRE(one);
  CHECK(one->camera == true);
  CHECK_FALSE(one->muted);
}

TEST_CASE("changes that are refused") {
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("true"), std::string("[]"),
        std::string("{}"), std::string("{\"camera\":null}"), std::string("{\"camera\":1}"),
        std::string("{\"camera\":\"true\"}"), std::string("{\"Camera\":true}"),
        std::string("{\"camera\":true,\"name\":\"x\"}"), std::string("{\"camera\":true"),
        std::string("{\"camera\":true}}"), std::string("\xff"), std::string(kChangeBytesMax, '['),
        std::string(kChangeBytesMax + 1, ' ')}) {
    INFO(text.substr(0, 40));
    const auto change = read_speaker_change(text);
    REQUIRE_FALSE(change);
    CHECK(change.error().code == ErrorCode::kInvalidArgument);
  }
}
