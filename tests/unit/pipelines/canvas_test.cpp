// Goal: --size takes what it says it takes, refuses the rest in one line, and reaches the caps
// filter. Method: tables; a pipeline that is not started.
#include "pipelines/canvas.h"

#include <catch2/catch.hpp>
#include <string>

#include "gstx/ref.h"

using namespace spacecast;

TEST_CASE("sizes of any orientation are read") {
  CHECK(parse_size("1280x720") == Size{1280, 720});
  CHECK(parse_size("720x1280") == Size{720, 1280});
  CHECK(parse_size("160x1920") == Size{160, 1920});
}

TEST_CASE("any other size is refused in one line that says what is allowed") {
  const char* text = GENERATE("", "x", "1280", "1280x", "x720", "1281x720", "1280x721", "158x160",
                              "1922x1080", "1280X720", "1280x720x1", "1280 x720", "-640x360",
                              "+640x360", "0x0", "1280x720p", "99999999999999999999x720");
  CAPTURE(text);
  const auto refused = parse_size(text);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kInvalidArgument);
  CHECK_THAT(refused.error().message,
             Catch::Contains('"' + std::string(text) + '"') && Catch::Contains("160 to 1920"));
  CHECK_THAT(refused.error().message, !Catch::Contains("\n"));
}

TEST_CASE("the canvas keeps all else that the description says of it") {
  gst_init(nullptr, nullptr);
  const auto pipeline = Ref<GstElement>(gst_parse_launch(
      "fakesrc ! capsfilter name=canvas caps=video/x-raw,width=1280,height=720,framerate=25/1 "
      "! fakesink",
      nullptr));
  REQUIRE(pipeline);
  REQUIRE(set_canvas(GST_BIN(pipeline.get()), {720, 1280}));
  const auto canvas = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "canvas"));
  GstCaps* caps = nullptr;
  g_object_get(canvas.get(), "caps", &caps, nullptr);
  const auto owned = adopt(caps);
  const auto wanted =
      adopt(gst_caps_from_string("video/x-raw,width=720,height=1280,framerate=25/1"));
  CHECK(gst_caps_is_equal(caps, wanted.get()));
}

TEST_CASE("without a canvas another size is refused") {
  gst_init(nullptr, nullptr);
  const char* text = GENERATE("fakesrc ! fakesink", "fakesrc name=canvas ! fakesink");
  const auto pipeline = Ref<GstElement>(gst_parse_launch(text, nullptr));
  REQUIRE(pipeline);
  const auto refused = set_canvas(GST_BIN(pipeline.get()), {720, 1280});
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Catch::Contains("'canvas'"));
}
