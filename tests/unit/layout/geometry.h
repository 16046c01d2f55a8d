// What has to hold for places on a canvas.
#pragma once

#include <algorithm>

#include "layout/scene.h"

namespace spacecast::layout::test {

constexpr double kRounding = 1e-9;

inline bool inside(const Rect& place) {
  return place.width > 0 && place.height > 0 && place.x >= -kRounding && place.y >= -kRounding &&
         place.x + place.width <= 1 + kRounding && place.y + place.height <= 1 + kRounding;
}

inline bool overlap(const Rect& a, const Rect& b) {
  return std::min(a.x + a.width, b.x + b.width) > std::max(a.x, b.x) + kRounding &&
         std::min(a.y + a.height, b.y + b.height) > std::max(a.y, b.y) + kRounding;
}

}  // namespace spacecast::layout::test
