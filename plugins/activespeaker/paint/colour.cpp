#include "plugins/activespeaker/paint/colour.h"

#include <glib.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace spacecast::paint {

Colour mix(Colour from, Colour to, double share) {
  return {std::lerp(from.red, to.red, share), std::lerp(from.green, to.green, share),
          std::lerp(from.blue, to.blue, share)};
}

Colour from_hsl(double hue, double saturation, double lightness) {
  const double reach = saturation * std::min(lightness, 1 - lightness);
  const auto channel = [&](double offset) {
    const double k = std::fmod(offset + hue / 30, 12);
    return lightness - reach * std::clamp(std::min(k - 3, 9 - k), -1.0, 1.0);
  };
  return {channel(0), channel(8), channel(4)};
}

int hue_of(std::string_view name) {
  unsigned hash = 0;
  const std::string text(name);
  for (const char* p = text.c_str(); *p != '\0'; p = g_utf8_next_char(p))
    hash = (hash * 31 + g_utf8_get_char(p)) % 360;
  return static_cast<int>(hash);
}

Colour avatar_colour(std::string_view name) {
  return from_hsl(hue_of(name), 0.42, 0.30);
}

Colour ring_colour(std::string_view name) {
  return from_hsl(hue_of(name), 0.50, 0.58);
}

YuvMatrix::YuvMatrix(const GstVideoColorimetry& colorimetry) {
  double red = 0;
  double blue = 0;
  if (!gst_video_color_matrix_get_Kr_Kb(colorimetry.matrix, &red, &blue))
    gst_video_color_matrix_get_Kr_Kb(GST_VIDEO_COLOR_MATRIX_BT709, &red, &blue);
  red_ = static_cast<float>(red);
  blue_ = static_cast<float>(blue);
  if (colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255) {
    luma_offset_ = 0;
    luma_scale_ = chroma_scale_ = 255;
  }
}

YuvMatrix::Value YuvMatrix::premultiplied(float red, float green, float blue, float alpha) const {
  const float luma = red_ * red + (1 - red_ - blue_) * green + blue_ * blue;
  return {luma_offset_ * alpha + luma_scale_ * luma,
          128 * alpha + chroma_scale_ * (blue - luma) / (2 * (1 - blue_)),
          128 * alpha + chroma_scale_ * (red - luma) / (2 * (1 - red_))};
}

Yuv YuvMatrix::operator()(Colour colour) const {
  const Value value =
      premultiplied(static_cast<float>(colour.red), static_cast<float>(colour.green),
                    static_cast<float>(colour.blue), 1);
  const auto byte = [](float v) {
    return static_cast<std::uint8_t>(std::lround(std::clamp(v, 0.0F, 255.0F)));
  };
  return {byte(value.y), byte(value.u), byte(value.v)};
}

}  // namespace spacecast::paint
