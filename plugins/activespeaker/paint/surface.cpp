#include "plugins/activespeaker/paint/surface.h"

#include <cstring>

namespace spacecast::paint {

namespace {

constexpr int kFull = 256;

int half(int length) {
  return (length + 1) / 2;
}

// `share` of 256.
std::uint8_t mix_byte(std::uint8_t onto, std::uint8_t from, int share) {
  return static_cast<std::uint8_t>((onto * (kFull - share) + from * share + kFull / 2) / kFull);
}

void mix_row(std::uint8_t* onto, const std::uint8_t* from, int length, int share) {
  if (share == kFull) {
    std::memcpy(onto, from, static_cast<std::size_t>(length));
    return;
  }
  for (int x = 0; x < length; ++x) onto[x] = mix_byte(onto[x], from[x], share);
}

}  // namespace

Surface Surface::crop(const Box& box) const {
  Surface window{box.width, box.height, planes};
  for (std::size_t i = 0; i < planes.size(); ++i) {
    const bool chroma = i > 0;
    Plane& plane = window.planes[i];
    plane.data = planes[i].row(chroma ? box.y / 2 : box.y) + (chroma ? box.x / 2 : box.x);
    plane.width = chroma ? half(box.width) : box.width;
    plane.height = chroma ? half(box.height) : box.height;
  }
  return window;
}

Surface Image::resize(int width, int height) {
  // Rows begin where vector instructions like them to.
  const int stride = (width + 63) / 64 * 64;
  const auto luma = static_cast<std::size_t>(stride) * static_cast<std::size_t>(height);
  const auto chroma = static_cast<std::size_t>(stride / 2) * static_cast<std::size_t>(half(height));
  if (memory_.size() < luma + 2 * chroma) memory_.resize(luma + 2 * chroma);
  std::uint8_t* const data = memory_.data();
  return {width,
          height,
          {{{data, stride, width, height},
            {data + luma, stride / 2, half(width), half(height)},
            {data + luma + chroma, stride / 2, half(width), half(height)}}}};
}

void fill(const Surface& surface, Yuv colour) {
  const std::array<std::uint8_t, 3> values{colour.y, colour.u, colour.v};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Plane& plane = surface.planes[i];
    for (int y = 0; y < plane.height; ++y)
      std::memset(plane.row(y), values[i], static_cast<std::size_t>(plane.width));
  }
}

void lay(const Surface& onto, const Surface& picture, int x, int y, double opacity, double radius) {
  const Box seen =
      intersect({x, y, picture.width, picture.height}, {0, 0, onto.width, onto.height});
  if (seen.empty()) return;
  const Surface target = onto.crop(seen);
  const Surface source = picture.crop({seen.x - x, seen.y - y, seen.width, seen.height});
  const int share = static_cast<int>(std::lround(std::clamp(opacity, 0.0, 1.0) * kFull));
  for (std::size_t i = 0; i < target.planes.size(); ++i) {
    const int step = i == 0 ? 1 : 2;
    const int width = target.planes[i].width;
    // Where the first corner ends and the last one begins, in a row that has corners.
    const int left =
        std::clamp(static_cast<int>(std::ceil((radius - (seen.x - x)) / step)), 0, width);
    const int right =
        std::clamp(static_cast<int>((picture.width - radius - (seen.x - x)) / step), left, width);
    for (int row = 0; row < target.planes[i].height; ++row) {
      std::uint8_t* const out = target.planes[i].row(row);
      const std::uint8_t* const in = source.planes[i].row(row);
      const double at_y = (row + 0.5) * step + seen.y - y;
      const bool corners = at_y < radius || at_y > picture.height - radius;
      const int begin = corners ? left : 0;
      const int end = corners ? right : width;
      mix_row(out + begin, in + begin, end - begin, share);
      const auto round_off = [&](int from, int to) {
        for (int column = from; column < to; ++column) {
          const double at_x = (column + 0.5) * step + seen.x - x;
          const double inside =
              coverage(rounded_distance(at_x, at_y, picture.width, picture.height, radius));
          out[column] = mix_byte(out[column], in[column], static_cast<int>(inside * share));
        }
      };
      round_off(0, begin);
      round_off(end, width);
    }
  }
}

}  // namespace spacecast::paint
