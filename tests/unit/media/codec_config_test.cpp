// Goal: codec strings come from the bytes of the codec data, and nothing malformed gets past.
// Method: hand-made records, each also cut short at every length.
#include <catch2/catch.hpp>

#include "media/aac.h"
#include "media/avc.h"
#include "samples.h"

using namespace spacecast;
using namespace spacecast::media;
using namespace spacecast::test;

TEST_CASE("the codec string of H.264 is the avcC's profile, constraints and level") {
  auto config = parse_avc_config(kAvcRecord);
  REQUIRE(config);
  CHECK(config->codec() == "avc1.42c01f");
  CHECK(config->length_size == 4);
}

TEST_CASE("an avcC that is cut short anywhere is refused") {
  for (std::size_t size = 0; size < kAvcRecord.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_avc_config(std::span(kAvcRecord).first(size)));
  }
}

TEST_CASE("an IDR is known by its NAL units") {
  ByteVector unit;
  add_nal(unit, 9, 2);
  CHECK_FALSE(inspect_avc(unit, 4)->idr);
  add_nal(unit, 7, 12);
  add_nal(unit, 8, 4);
  add_nal(unit, 5, 30);
  CHECK(inspect_avc(unit, 4)->idr);
  CHECK(inspect_avc(unit, 4)->parameter_sets);
  const auto stripped = without_parameter_sets(unit, 4);
  CHECK(stripped.size() == unit.size() - 16 - 8);
  CHECK(inspect_avc(stripped, 4)->idr);
  CHECK_FALSE(inspect_avc(stripped, 4)->parameter_sets);
}

TEST_CASE("NAL unit lengths that do not add up are refused") {
  const ByteVector unit = avc_frame(true, 20);
  for (std::size_t size = 0; size < unit.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(inspect_avc(std::span(unit).first(size), 4));
  }
}

TEST_CASE("an AudioSpecificConfig gives rate, channels and codec string") {
  auto config = parse_aac_config(kAac48k);
  REQUIRE(config);
  CHECK(config->codec() == "mp4a.40.2");
  CHECK(config->rate == 48000);
  CHECK(config->channels == 2);
  CHECK(config->samples_per_frame == 1024);
  CHECK(parse_aac_config(kAac44k)->rate == 44100);
}

TEST_CASE("other than AAC-LC is refused, and so is what is no AudioSpecificConfig") {
  CHECK_FALSE(parse_aac_config({}));
  CHECK_FALSE(parse_aac_config(std::span(kAac48k).first(1)));
  const auto he = parse_aac_config(ByteVector{0x2b, 0x11, 0x88, 0x00});
  REQUIRE_FALSE(he);
  CHECK(he.error().code == ErrorCode::kUnsupported);
  CHECK_FALSE(parse_aac_config(ByteVector(300, 0x11)));
}
