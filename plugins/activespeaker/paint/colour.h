// The colours that the program's picture is made of, the same as the pages', and what they are in a
// canvas's Y'CbCr.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <string_view>

namespace spacecast::paint {

// R'G'B', 0 to 1.
struct Colour {
  double red = 0, green = 0, blue = 0;
};

inline constexpr Colour kBackground{0.055, 0.071, 0.098};
inline constexpr Colour kRaised{0.098, 0.121, 0.172};  // A card among others.
inline constexpr Colour kText{0.933, 0.945, 0.973};
inline constexpr Colour kSignal{1.0, 0.706, 0.329};  // Who speaks.

[[nodiscard]] Colour mix(Colour from, Colour to, double share);
// Hue in degrees; saturation and lightness 0 to 1.
[[nodiscard]] Colour from_hsl(double hue, double saturation, double lightness);

// The hue that the pages give to that name: a person has one colour everywhere. `name` is valid
// UTF-8.
[[nodiscard]] int hue_of(std::string_view name);
// Dark enough for kText at a contrast above 4.5:1 in every hue.
[[nodiscard]] Colour avatar_colour(std::string_view name);
// Bright enough to be seen around the avatar.
[[nodiscard]] Colour ring_colour(std::string_view name);

struct Yuv {
  std::uint8_t y = 0, u = 0, v = 0;
};

// 8-bit Y'CbCr of a colorimetry; an unknown or R'G'B' one is taken for BT.709's.
class YuvMatrix {
 public:
  struct Value {
    float y = 0, u = 0, v = 0;  // 0 to 255, times alpha.
  };

  explicit YuvMatrix(const GstVideoColorimetry& colorimetry);

  // Of a colour that is multiplied by its alpha, everything 0 to 1.
  [[nodiscard]] Value premultiplied(float red, float green, float blue, float alpha) const;
  [[nodiscard]] Yuv operator()(Colour colour) const;
  // The luma of black.
  [[nodiscard]] int black() const { return static_cast<int>(luma_offset_); }

 private:
  float red_ = 0, blue_ = 0;  // Their weights in luma; green's is what is left.
  float luma_offset_ = 16, luma_scale_ = 219, chroma_scale_ = 224;
};

}  // namespace spacecast::paint
