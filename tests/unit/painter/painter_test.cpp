// Goal: a scene looks as it says: what is where, what covers what, and whatever a decoder hands
// over is painted or replaced, never a crash. Method: pictures made of formulas, and pixels of the
// canvas.
#include "plugins/activespeaker/painter.h"

#include <catch2/catch.hpp>
#include <limits>

#include "tests/unit/painter/rig.h"

using namespace spacecast;
using namespace spacecast::test;
using layout::Scene;
using layout::Tile;

namespace {

constexpr int kNear = 15;  // What conversions may round away, of three channels together.

Tile tile(unsigned slot, layout::Rect place = {}) {
  return {.slot = slot, .place = place};
}

}  // namespace

TEST_CASE("a picture that is the whole scene is handed on untouched") {
  Rig rig;
  rig.cameras[1] = picture(640, 360, plain(kRed));
  auto* const structure = gst_caps_get_structure(rig.cameras[1].caps.get(), 0);
  gst_structure_set(structure, "framerate", GST_TYPE_FRACTION, 15, 1, nullptr);
  CHECK(rig.paint_buffer({tile(1)}) == rig.cameras[1].buffer);

  // Whatever has to be painted onto it leaves the camera's own buffer as it is.
  rig.names[1] = "Ada Lovelace";
  const Canvas before(rig.cameras[1].buffer.get(), rig.info);
  Tile changed = tile(1);
  SECTION("a name") {
    changed.label = Tile::Label::kLowerThird;
  }
  SECTION("a frame") {
    changed.lit = true;
  }
  SECTION("half seen") {
    changed.opacity = 0.5;
  }
  SECTION("half of the canvas") {
    changed.place.width = 0.5;
  }
  const auto painted = rig.paint_buffer({changed});
  CHECK_FALSE(painted == rig.cameras[1].buffer);
  CHECK_FALSE(Canvas(painted.get(), rig.info) == before);
  CHECK(Canvas(rig.cameras[1].buffer.get(), rig.info) == before);
}

TEST_CASE("a label that is not seen yet does not cost a copy") {
  Rig rig;
  rig.cameras[1] = picture(640, 360, plain(kRed));
  Tile unlabelled = tile(1);
  unlabelled.label = Tile::Label::kLowerThird;
  unlabelled.label_opacity = 0;
  CHECK(rig.paint_buffer({unlabelled}) == rig.cameras[1].buffer);
}

TEST_CASE("a picture of another size or format fills a canvas of the same aspect") {
  const auto format = GENERATE(GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_YUY2,
                               GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_I420_10LE);
  const auto canvas = GENERATE(GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_RGBA);
  CAPTURE(gst_video_format_to_string(format), gst_video_format_to_string(canvas));
  Rig rig(640, 360, canvas);
  rig.cameras[1] =
      picture(info_of(format, 320, 180), [](int x, int) { return x < 160 ? kRed : kGreen; });
  const Canvas seen = rig.paint({tile(1)});
  for (const int y : {1, 180, 358}) {
    CHECK(seen.at(2, y).distance(kRed) <= kNear);
    CHECK(seen.at(300, y).distance(kRed) <= kNear);
    CHECK(seen.at(340, y).distance(kGreen) <= kNear);
    CHECK(seen.at(637, y).distance(kGreen) <= kNear);
  }
}

TEST_CASE("an upright picture is whole, over a softened enlargement of itself") {
  Rig rig(640, 360);
  // Red above, green below, and fine stripes all over.
  rig.cameras[1] = picture(180, 320, [](int x, int y) {
    const Rgb colour = y < 160 ? kRed : kGreen;
    return x / 4 % 2 == 0 ? colour : Rgb{colour.red / 3, colour.green / 3, colour.blue / 3};
  });
  const Canvas seen = rig.paint({tile(1)});
  const auto contrast = [&](int begin, int end, int y) {
    int most = 0;
    for (int x = begin; x + 1 < end; ++x)
      most = std::max(most, seen.at(x, y).distance(seen.at(x + 1, y)));
    return most;
  };
  // 360 lines high it is 202 pixels wide.
  CHECK(contrast(230, 410, 60) > 30);
  CHECK(seen.at(320, 5).red > seen.at(320, 5).green);
  CHECK(seen.at(320, 355).green > seen.at(320, 355).red);
  for (const int y : {60, 180, 300}) {
    CHECK(contrast(0, 200, y) <= 8);
    CHECK(contrast(440, 640, y) <= 8);
  }
  // The colours of what it is made from, darker, and no black.
  for (const int x : {20, 120, 520, 620}) {
    CHECK(seen.at(x, 20).red > seen.at(x, 20).green + 10);
    CHECK(seen.at(x, 340).green > seen.at(x, 340).red + 10);
    CHECK(seen.at(x, 20).sum() < 200);
    CHECK(seen.at(x, 20).distance({0, 0, 0}) > 30);
  }
}

TEST_CASE("a wide picture is whole on an upright canvas") {
  Rig rig(360, 640);
  rig.cameras[1] = picture(640, 360, plain({220, 220, 220}));
  const Canvas seen = rig.paint({tile(1)});
  CHECK(seen.at(180, 320).distance({220, 220, 220}) <= kNear);
  CHECK(seen.at(2, 320).distance({220, 220, 220}) <= kNear);
  for (const int y : {5, 150, 500, 635}) {
    CHECK(seen.at(180, y).sum() > 150);
    CHECK(seen.at(180, y).sum() < 480);
  }
}

TEST_CASE("pixels that are not square are shown as they are meant") {
  Rig rig(640, 360);
  GstVideoInfo info = info_of(GST_VIDEO_FORMAT_I420, 320, 360);
  info.par_n = 2;
  rig.cameras[1] = picture(info, plain(kRed));
  const Canvas seen = rig.paint({tile(1)});
  CHECK(seen.at(3, 180).distance(kRed) <= kNear);
  CHECK(seen.at(636, 180).distance(kRed) <= kNear);
}

TEST_CASE("a shared screen lies on the background") {
  Rig rig(640, 360);
  rig.screens[1] = picture(320, 320, plain(kGreen));
  Tile screen = tile(1);
  screen.content = Tile::Content::kScreen;
  const Canvas seen = rig.paint({screen});
  CHECK(seen.at(320, 180).distance(kGreen) <= kNear);
  CHECK(seen.at(20, 180).distance(kGround) <= kNear);
  CHECK(seen.at(620, 10).distance(kGround) <= kNear);
}

TEST_CASE("later tiles lie on earlier ones, as opaque as they say") {
  Rig rig(640, 360);
  rig.cameras[1] = picture(640, 360, plain(kRed));
  rig.cameras[2] = picture(320, 180, plain(kBlue));
  Tile over = tile(2, {0.5, 0.5, 0.5, 0.5});
  over.opacity = GENERATE(0.0, 0.25, 0.5, 1.0);
  const Canvas seen = rig.paint({tile(1), over});
  CHECK(seen.at(100, 100).distance(kRed) <= kNear);
  const auto between = [&](int under, int top) {
    return static_cast<int>(under + (top - under) * over.opacity);
  };
  CHECK(seen.at(480, 270).distance({between(kRed.red, kBlue.red), between(kRed.green, kBlue.green),
                                    between(kRed.blue, kBlue.blue)}) <= kNear);
}

TEST_CASE("a tile among others has round corners, and none beyond its place") {
  Rig rig(640, 360);
  rig.cameras[1] = picture(320, 180, plain({240, 240, 240}));
  const Canvas seen = rig.paint({tile(1, {0.25, 0.25, 0.5, 0.5})});
  CHECK(seen.at(160, 90).distance(kGround) <= kNear);
  CHECK(seen.at(479, 269).distance(kGround) <= kNear);
  CHECK(seen.at(170, 92).sum() > 650);
  CHECK(seen.at(320, 180).sum() > 700);
  CHECK(seen.at(156, 180).distance(kGround) <= kNear);
  CHECK(seen.at(483, 180).distance(kGround) <= kNear);
}

TEST_CASE("what hangs over the canvas is cut off, and what is no place is left out") {
  Rig rig(640, 360);
  rig.cameras[1] = picture(320, 180, plain(kRed));
  SECTION("left and above") {
    const Canvas seen = rig.paint({tile(1, {-0.25, -0.25, 0.5, 0.5})});
    CHECK(seen.at(10, 10).distance(kRed) <= kNear);
    CHECK(seen.at(300, 20).distance(kGround) <= kNear);
  }
  SECTION("right and below") {
    const Canvas seen = rig.paint({tile(1, {0.75, 0.75, 0.5, 0.5})});
    CHECK(seen.at(630, 350).distance(kRed) <= kNear);
    CHECK(seen.at(300, 20).distance(kGround) <= kNear);
  }
  SECTION("nowhere") {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    constexpr double kInfinite = std::numeric_limits<double>::infinity();
    const layout::Rect place = GENERATE_COPY(
        layout::Rect{kNan, 0, 1, 1}, layout::Rect{0, 0, kNan, 1}, layout::Rect{0, kInfinite, 1, 1},
        layout::Rect{0, 0, -1, 1}, layout::Rect{0, 0, 0, 0}, layout::Rect{1.5, 0, 0.5, 0.5},
        layout::Rect{0, 0, 1e9, 1e9});
    const Canvas seen = rig.paint({tile(1, place)});
    CHECK(seen.at(320, 180).distance(kGround) <= kNear);
  }
  SECTION("with an opacity that is none") {
    Tile vague = tile(1);
    vague.opacity = std::numeric_limits<double>::quiet_NaN();
    CHECK(rig.paint({vague}).at(320, 180).distance(kGround) <= kNear);
  }
}

TEST_CASE("the frame of who speaks is lit") {
  Rig rig(1280, 720);
  rig.cameras[1] = picture(320, 180, plain(kBlue));
  Tile speaks = tile(1, {0.25, 0.25, 0.5, 0.5});
  const Canvas dark = rig.paint({speaks});
  speaks.lit = true;
  const Canvas lit = rig.paint({speaks});
  // The middles of its four edges, 4 pixels deep.
  for (const auto& [x, y] : {std::pair{640, 181}, {640, 538}, {321, 360}, {958, 360}}) {
    CHECK(lit.at(x, y).red > 200);
    CHECK(lit.at(x, y).distance(dark.at(x, y)) > 150);
  }
  CHECK(lit.at(640, 190).distance(dark.at(640, 190)) <= kNear);
  CHECK(lit.at(640, 176) == dark.at(640, 176));
}

TEST_CASE("whatever is no picture is shown as a card") {
  Rig rig(640, 360);
  rig.names[1] = "Ada";
  const Canvas card = rig.paint({{.slot = 1, .content = Tile::Content::kCard}});
  Frame broken = picture(320, 180, plain(kRed));
  SECTION("none at all") {}
  SECTION("no buffer") {
    broken.buffer.reset();
    rig.cameras[1] = broken;
  }
  SECTION("no caps") {
    broken.caps.reset();
    rig.cameras[1] = broken;
  }
  SECTION("no raw video") {
    broken.caps = adopt(gst_caps_new_empty_simple("video/x-h264"));
    rig.cameras[1] = broken;
  }
  SECTION("too few bytes") {
    broken.buffer = adopt(gst_buffer_copy_region(broken.buffer.get(), GST_BUFFER_COPY_MEMORY, 0,
                                                 gst_buffer_get_size(broken.buffer.get()) - 1));
    rig.cameras[1] = broken;
  }
  SECTION("rows beyond its end") {
    gsize offsets[GST_VIDEO_MAX_PLANES] = {0, 320 * 180, 320 * 180 + 160 * 90};
    gint strides[GST_VIDEO_MAX_PLANES] = {320, 160, 4096};
    gst_buffer_add_video_meta_full(broken.buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                   GST_VIDEO_FORMAT_I420, 320, 180, 3, offsets, strides);
    rig.cameras[1] = broken;
  }
  SECTION("another size than it says itself") {
    gst_buffer_add_video_meta(broken.buffer.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_I420,
                              160, 90);
    rig.cameras[1] = broken;
  }
  SECTION("too small") {
    rig.cameras[1] = picture(14, 180, plain(kRed));
  }
  SECTION("too large") {
    rig.cameras[1] = picture(info_of(GST_VIDEO_FORMAT_GRAY8, 4098, 16), plain(kRed));
  }
  CHECK(rig.paint({tile(1)}) == card);
}

TEST_CASE("rows may be padded") {
  Rig rig(640, 360);
  const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_GRAY8, 320, 180);
  Frame padded = picture(info, plain({200, 200, 200}));
  padded.buffer = adopt(gst_buffer_new_allocate(nullptr, 512 * 180, nullptr));
  gst_buffer_memset(padded.buffer.get(), 0, 0, 512 * 180);
  for (gsize y = 0; y < 180; ++y) gst_buffer_memset(padded.buffer.get(), y * 512, 200, 320);
  gsize offset[GST_VIDEO_MAX_PLANES] = {};
  gint stride[GST_VIDEO_MAX_PLANES] = {512};
  gst_buffer_add_video_meta_full(padded.buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                 GST_VIDEO_FORMAT_GRAY8, 320, 180, 1, offset, stride);
  rig.cameras[1] = padded;
  const Canvas seen = rig.paint({tile(1)});
  CHECK(seen.at(5, 5).sum() > 500);
  CHECK(seen.at(634, 354).sum() > 500);
}

TEST_CASE("odd sizes of canvas, picture and tile") {
  const auto format = GENERATE(GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_RGBA);
  const auto [width, height] = GENERATE(std::pair{641, 361}, std::pair{17, 16}, std::pair{16, 333});
  CAPTURE(gst_video_format_to_string(format), width, height);
  Rig rig(width, height, format);
  rig.cameras[1] = picture(123, 77, plain(kRed));
  rig.cameras[2] = picture(77, 123, plain(kGreen));
  rig.names[1] = rig.names[2] = rig.names[3] = "Ada";
  const Canvas whole = rig.paint({tile(1, {})});
  CHECK(whole.at(width / 2, height / 2).distance(kRed) <= kNear);
  for (const double x : {-0.13, 0.0, 0.37, 0.71}) {
    Scene scene{
        tile(1), tile(2, {x, 0.11, 0.31, 0.77}), {.slot = 3, .content = Tile::Content::kCard}};
    scene[1].lit = true;
    scene[1].opacity = 0.7;
    scene[1].label = Tile::Label::kTag;
    scene[2].place = {0.4, x, 0.503, 0.497};
    scene[2].level = 1;
    CHECK(rig.paint(scene).width == width);
  }
  // Nothing is left unpainted at the edges.
  rig.cameras[1] = picture(width < 32 ? 17 : 641, height < 32 ? 16 : 361, plain({240, 240, 240}));
  if (width == 641) CHECK(rig.paint({tile(1)}).at(640, 360).sum() > 690);
}

TEST_CASE("the same scene is painted the same way again, at another size too") {
  Rig rig(640, 360);
  rig.cameras[1] = picture(180, 320, stripes);
  rig.names[1] = "Ada";
  Tile speaks = tile(1);
  speaks.label = Tile::Label::kLowerThird;
  const Canvas first = rig.paint({speaks});
  for (int i = 1; i <= 200; ++i)
    (void)rig.paint_buffer(
        {tile(1, {0, 0, 0.2 + i * 0.003, 0.3}), tile(1, {0, 0, 0.7, 0.2 + i * 0.002})});
  CHECK(rig.paint({speaks}) == first);
}

TEST_CASE("a canvas that cannot be painted is refused, and the one before stays") {
  Rig rig(640, 360);
  rig.cameras[1] = picture(320, 180, plain(kRed));
  Painter& painter = rig.painter;
  CHECK_FALSE(painter.set_canvas(info_of(GST_VIDEO_FORMAT_I420, 15, 360)));
  CHECK_FALSE(painter.set_canvas(info_of(GST_VIDEO_FORMAT_I420, 4098, 360)));
  CHECK_FALSE(painter.set_canvas(GstVideoInfo{}));
  CHECK(rig.paint({tile(1)}).at(320, 180).distance(kRed) <= kNear);
  rig.info = info_of(GST_VIDEO_FORMAT_GRAY8, 64, 64);
  CHECK(painter.set_canvas(rig.info));
  CHECK(rig.paint({tile(1)}).width == 64);
}

TEST_CASE("a tile that is a camera's shape but for rounding is all picture") {
  Rig rig(1280, 720);
  rig.cameras[1] = picture(320, 180, plain({240, 240, 240}));
  const int columns = GENERATE(2, 3, 4, 5, 7);
  const double side = 0.93 / columns;
  const Canvas seen = rig.paint({tile(1, {0.011, 0.013, side, side})});
  const int width = static_cast<int>(1280 * side);
  const int height = static_cast<int>(720 * side);
  for (const auto& [x, y] :
       {std::pair{2, height / 2}, {width - 4, height / 2}, {width / 2, 2}, {width / 2, height - 4}})
    CHECK(seen.at(14 + x, 9 + y).sum() > 690);
}
