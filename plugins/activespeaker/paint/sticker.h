// A small drawing with transparency, made by cairo once and blended onto picture after picture.
#pragma once

#include <cairo.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "plugins/activespeaker/paint/surface.h"

namespace spacecast::paint {

class Sticker {
 public:
  using Draw = std::function<void(cairo_t*)>;
  // Pixels; what is not drawn on stays transparent. Empty where cairo has no memory for it.
  Sticker(int width, int height, const YuvMatrix& matrix, const Draw& draw);

  // `x` and `y` are even; what hangs over the edges is left out. Opacity 0 to 1.
  void blend(const Surface& onto, int x, int y, double opacity = 1) const;
  [[nodiscard]] int width() const { return width_; }
  [[nodiscard]] int height() const { return height_; }
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Layer {
    int width = 0;
    std::vector<std::uint8_t> value;  // Multiplied by alpha.
    std::vector<std::uint8_t> alpha;
  };
  int width_ = 0, height_ = 0;
  std::array<Layer, 3> layers_;
};

// Keeps stickers for as long as they are used. When full, what was not used for longest goes.
class Stickers {
 public:
  static constexpr std::size_t kMaxCount = 128;
  static constexpr std::size_t kMaxBytes = std::size_t{32} << 20;

  enum class Kind { kAvatar, kCardName, kLowerThird, kTag };
  struct Key {
    Kind kind;
    std::string text;
    int size = 0;   // Of the text or the circle, pixels.
    int limit = 0;  // Of the width, pixels.
    auto operator<=>(const Key&) const = default;
  };

  // Valid until the next call.
  [[nodiscard]] const Sticker& get(const Key& key, const std::function<Sticker()>& make);
  void clear();

 private:
  struct Entry {
    Sticker sticker;
    std::uint64_t used = 0;
  };
  std::map<Key, Entry> entries_;
  std::size_t bytes_ = 0;
  std::uint64_t calls_ = 0;
};

}  // namespace spacecast::paint
