#include "plugins/activespeaker/paint/sticker.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "plugins/activespeaker/paint/cairo_ref.h"

namespace spacecast::paint {

namespace {

// Of all pixels of a square that are inside of the drawing.
struct Average {
  float red = 0, green = 0, blue = 0, alpha = 0;
};

// cairo's ARGB32 is a native-endian word, premultiplied. `step` by `step` pixels from (x, y) on.
Average average(const std::uint8_t* data, int stride, int x, int y, int step) {
  Average sum;
  for (int dy = 0; dy < step; ++dy) {
    for (int dx = 0; dx < step; ++dx) {
      std::uint32_t pixel = 0;
      std::memcpy(
          &pixel,
          data + static_cast<std::ptrdiff_t>(y + dy) * stride + std::ptrdiff_t{4} * (x + dx), 4);
      sum.alpha += static_cast<float>(pixel >> 24);
      sum.red += static_cast<float>(pixel >> 16 & 0xff);
      sum.green += static_cast<float>(pixel >> 8 & 0xff);
      sum.blue += static_cast<float>(pixel & 0xff);
    }
  }
  const float scale = 1.0F / (255.0F * static_cast<float>(step * step));
  return {sum.red * scale, sum.green * scale, sum.blue * scale, sum.alpha * scale};
}

std::uint8_t byte(float value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0F, 255.0F)));
}

int divide_by_255(int value) {
  value += 128;
  return (value + (value >> 8)) >> 8;
}

void blend_row(std::uint8_t* onto, const std::uint8_t* value, const std::uint8_t* alpha, int length,
               int share) {
  for (int x = 0; x < length; ++x) {
    const int kept = divide_by_255(onto[x] * (255 - (alpha[x] * share >> 8)));
    onto[x] = static_cast<std::uint8_t>(std::min(255, kept + (value[x] * share >> 8)));
  }
}

int make_even(int length) {
  return (std::max(length, 2) + 1) / 2 * 2;
}

}  // namespace

Sticker::Sticker(int width, int height, const YuvMatrix& matrix, const Draw& draw) {
  const int even_width = make_even(width);
  const int even_height = make_even(height);
  const auto surface =
      adopt(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, even_width, even_height));
  {
    const auto cr = adopt(cairo_create(surface.get()));
    draw(cr.get());
  }
  cairo_surface_flush(surface.get());
  const std::uint8_t* const data = cairo_image_surface_get_data(surface.get());
  if (!data) return;
  width_ = even_width;
  height_ = even_height;
  const int stride = cairo_image_surface_get_stride(surface.get());
  for (Layer& layer : layers_) {
    const bool luma = &layer == layers_.data();
    layer.width = luma ? width_ : width_ / 2;
    const auto size = static_cast<std::size_t>(layer.width) *
                      static_cast<std::size_t>(luma ? height_ : height_ / 2);
    layer.value.reserve(size);
    layer.alpha.reserve(size);
  }
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const Average pixel = average(data, stride, x, y, 1);
      layers_[0].value.push_back(
          byte(matrix.premultiplied(pixel.red, pixel.green, pixel.blue, pixel.alpha).y));
      layers_[0].alpha.push_back(byte(pixel.alpha * 255));
    }
  }
  for (int y = 0; y < height_; y += 2) {
    for (int x = 0; x < width_; x += 2) {
      const Average square = average(data, stride, x, y, 2);
      const auto colour = matrix.premultiplied(square.red, square.green, square.blue, square.alpha);
      layers_[1].value.push_back(byte(colour.u));
      layers_[2].value.push_back(byte(colour.v));
      layers_[1].alpha.push_back(byte(square.alpha * 255));
    }
  }
  layers_[2].alpha = layers_[1].alpha;
}

void Sticker::blend(const Surface& onto, int x, int y, double opacity) const {
  const Box seen = intersect({x, y, width_, height_}, {0, 0, onto.width, onto.height});
  const int share = static_cast<int>(std::lround(std::clamp(opacity, 0.0, 1.0) * 256));
  if (seen.empty() || share == 0) return;
  const Surface target = onto.crop(seen);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const int step = i == 0 ? 1 : 2;
    const Layer& layer = layers_[i];
    for (int row = 0; row < target.planes[i].height; ++row) {
      const auto at = static_cast<std::size_t>((seen.y - y) / step + row) *
                          static_cast<std::size_t>(layer.width) +
                      static_cast<std::size_t>((seen.x - x) / step);
      blend_row(target.planes[i].row(row), layer.value.data() + at, layer.alpha.data() + at,
                target.planes[i].width, share);
    }
  }
}

std::size_t Sticker::bytes() const {
  std::size_t sum = 0;
  for (const Layer& layer : layers_) sum += layer.value.size() + layer.alpha.size();
  return sum;
}

const Sticker& Stickers::get(const Key& key, const std::function<Sticker()>& make) {
  ++calls_;
  if (const auto known = entries_.find(key); known != entries_.end()) {
    known->second.used = calls_;
    return known->second.sticker;
  }
  Sticker sticker = make();
  while (!entries_.empty() &&
         (entries_.size() >= kMaxCount || bytes_ + sticker.bytes() > kMaxBytes)) {
    const auto oldest =
        std::ranges::min_element(entries_, {}, [](const auto& entry) { return entry.second.used; });
    bytes_ -= oldest->second.sticker.bytes();
    entries_.erase(oldest);
  }
  bytes_ += sticker.bytes();
  return entries_.emplace(key, Entry{std::move(sticker), calls_}).first->second.sticker;
}

void Stickers::clear() {
  entries_.clear();
  bytes_ = 0;
}

}  // namespace spacecast::paint
