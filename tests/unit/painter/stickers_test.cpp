// Goal: what is kept for reuse stays bounded, whatever is asked for. Method: more than there is
// room for, counted.
#include "plugins/activespeaker/paint/sticker.h"

#include <catch2/catch.hpp>

#include "plugins/activespeaker/paint/picture_scaler.h"
#include "tests/unit/painter/rig.h"

using namespace spacecast;
using namespace spacecast::test;

TEST_CASE("stickers are drawn once, and again only after they had to go") {
  const paint::YuvMatrix matrix{GstVideoColorimetry{}};
  paint::Stickers stickers;
  int drawn = 0;
  const auto get = [&](const std::string& text, int side) {
    const paint::Sticker& sticker = stickers.get({paint::Stickers::Kind::kTag, text, side}, [&] {
      ++drawn;
      return paint::Sticker(side, side, matrix, [](cairo_t* cr) { cairo_paint(cr); });
    });
    CHECK(sticker.width() == side);
  };
  get("a", 16);
  get("a", 16);
  CHECK(drawn == 1);
  SECTION("by number") {
    for (std::size_t i = 0; i < 2 * paint::Stickers::kMaxCount; ++i) {
      get(std::to_string(i), 16);
      get("a", 16);
    }
    CHECK(drawn == static_cast<int>(1 + 2 * paint::Stickers::kMaxCount));
    get("0", 16);
    CHECK(drawn == static_cast<int>(2 + 2 * paint::Stickers::kMaxCount));
  }
  SECTION("by size") {
    for (int i = 0; i < 6; ++i) get(std::to_string(i), 2000);
    CHECK(drawn == 7);
    get("a", 16);
    CHECK(drawn == 8);
  }
}

TEST_CASE("a drawing without room is empty") {
  const paint::YuvMatrix matrix{GstVideoColorimetry{}};
  const paint::Sticker sticker(100'000, 2, matrix, [](cairo_t* cr) { cairo_paint(cr); });
  CHECK(sticker.width() == 0);
  paint::Image image;
  const paint::Surface surface = image.resize(16, 16);
  paint::fill(surface, {});
  sticker.blend(surface, 0, 0);
  CHECK(*surface.planes[0].data == 0);
}

TEST_CASE("converters are kept while they are used") {
  paint::PictureScaler scaler;
  scaler.set_colours(info_of(GST_VIDEO_FORMAT_I420, 16, 16));
  const Frame frame = picture(32, 32, plain(kRed));
  const paint::MappedPicture mapped(&frame);
  REQUIRE(mapped);
  paint::Image image;
  for (int side = 16; side < 16 + 2 * 60; side += 2) {
    CHECK(scaler.scale(mapped, image.resize(side, 16)));
    CHECK(scaler.converters() <= paint::PictureScaler::kMaxConverters);
  }
  CHECK(scaler.converters() == paint::PictureScaler::kMaxConverters);
  for (std::uint64_t i = 0; i <= paint::PictureScaler::kIdleRounds; ++i) {
    CHECK(scaler.scale(mapped, image.resize(64, 64)));
    scaler.end_round();
  }
  CHECK(scaler.converters() == 1);
}
