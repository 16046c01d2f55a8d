// A painter with people whose pictures are made of formulas, and what it painted as R'G'B' pixels.
#pragma once

#include <gst/video/video.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "plugins/activespeaker/painter.h"

namespace spacecast::test {

struct Rgb {
  int red = 0, green = 0, blue = 0;
  bool operator==(const Rgb&) const = default;
  [[nodiscard]] int distance(const Rgb& other) const {
    return std::abs(red - other.red) + std::abs(green - other.green) + std::abs(blue - other.blue);
  }
  [[nodiscard]] int sum() const { return red + green + blue; }
};

constexpr Rgb kGround{14, 18, 25};  // The program's background.
constexpr Rgb kRed{200, 30, 30};
constexpr Rgb kGreen{30, 160, 60};
constexpr Rgb kBlue{40, 60, 220};

inline GstVideoInfo info_of(GstVideoFormat format, int width, int height) {
  gst_init(nullptr, nullptr);
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, static_cast<guint>(width), static_cast<guint>(height));
  if (GST_VIDEO_INFO_IS_YUV(&info))
    gst_video_colorimetry_from_string(&info.colorimetry, GST_VIDEO_COLORIMETRY_BT709);
  return info;
}

// `from` in another format, of the same size.
inline Ref<GstBuffer> convert(GstBuffer* from, const GstVideoInfo& from_info,
                              const GstVideoInfo& to_info) {
  const Owned<GstVideoConverter, gst_video_converter_free> converter(
      gst_video_converter_new(&from_info, &to_info, nullptr));
  REQUIRE(converter);
  auto to = adopt(gst_buffer_new_allocate(nullptr, to_info.size, nullptr));
  GstVideoFrame source, target;
  REQUIRE(gst_video_frame_map(&source, &from_info, from, GST_MAP_READ));
  REQUIRE(gst_video_frame_map(&target, &to_info, to.get(), GST_MAP_WRITE));
  gst_video_converter_frame(converter.get(), &source, &target);
  gst_video_frame_unmap(&target);
  gst_video_frame_unmap(&source);
  return to;
}

using Formula = std::function<Rgb(int x, int y)>;

inline Formula plain(Rgb colour) {
  return [colour](int, int) { return colour; };
}
// Stripes that only a sharp picture has.
inline Rgb stripes(int x, int) {
  return x / 4 % 2 == 0 ? Rgb{230, 230, 230} : Rgb{60, 60, 60};
}

inline Frame picture(const GstVideoInfo& info, const Formula& formula) {
  const GstVideoInfo rgba = info_of(GST_VIDEO_FORMAT_RGBA, info.width, info.height);
  const auto drawn = adopt(gst_buffer_new_allocate(nullptr, rgba.size, nullptr));
  GstMapInfo map;
  REQUIRE(gst_buffer_map(drawn.get(), &map, GST_MAP_WRITE));
  for (int y = 0; y < info.height; ++y) {
    for (int x = 0; x < info.width; ++x) {
      const Rgb colour = formula(x, y);
      guint8* const pixel = map.data + y * rgba.stride[0] + x * 4;
      pixel[0] = static_cast<guint8>(colour.red);
      pixel[1] = static_cast<guint8>(colour.green);
      pixel[2] = static_cast<guint8>(colour.blue);
      pixel[3] = 255;
    }
  }
  gst_buffer_unmap(drawn.get(), &map);
  return {convert(drawn.get(), rgba, info), adopt(gst_video_info_to_caps(&info)), 0};
}

inline Frame picture(int width, int height, const Formula& formula) {
  return picture(info_of(GST_VIDEO_FORMAT_I420, width, height), formula);
}

class Canvas {
 public:
  Canvas(GstBuffer* buffer, const GstVideoInfo& info) : width(info.width), height(info.height) {
    REQUIRE(buffer);
    REQUIRE(gst_buffer_get_size(buffer) == info.size);
    const GstVideoInfo rgba = info_of(GST_VIDEO_FORMAT_RGBA, width, height);
    const auto seen = convert(buffer, info, rgba);
    bytes_.resize(rgba.size);
    gst_buffer_extract(seen.get(), 0, bytes_.data(), bytes_.size());
  }
  [[nodiscard]] Rgb at(int x, int y) const {
    g_assert(x >= 0 && x < width && y >= 0 && y < height);
    const std::uint8_t* const pixel =
        bytes_.data() + (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                         static_cast<std::size_t>(x)) *
                            4;
    return {pixel[0], pixel[1], pixel[2]};
  }
  // How many pixels fulfil something.
  [[nodiscard]] int count(const std::function<bool(Rgb)>& wanted) const {
    int found = 0;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) found += wanted(at(x, y)) ? 1 : 0;
    return found;
  }
  bool operator==(const Canvas&) const = default;

  int width, height;

 private:
  std::vector<std::uint8_t> bytes_;
};

struct Rig {
  explicit Rig(int width = 640, int height = 360, GstVideoFormat format = GST_VIDEO_FORMAT_I420)
      : info(info_of(format, width, height)) {
    REQUIRE(painter.set_canvas(info));
  }

  Ref<GstBuffer> paint_buffer(const layout::Scene& scene) {
    return painter.paint(
        scene, {.picture = [&](unsigned slot, layout::Tile::Content content) -> const Frame* {
                  const auto& from = content == layout::Tile::Content::kScreen ? screens : cameras;
                  const auto found = from.find(slot);
                  return found == from.end() ? nullptr : &found->second;
                },
                .name = [&](unsigned slot) { return names[slot]; }});
  }
  Canvas paint(const layout::Scene& scene) { return {paint_buffer(scene).get(), info}; }

  GstVideoInfo info;
  Painter painter;
  std::map<unsigned, Frame> cameras, screens;
  std::map<unsigned, std::string> names;
};

}  // namespace spacecast::test
