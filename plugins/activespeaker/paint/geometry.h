// Where things lie on a canvas, in pixels. Chroma is subsampled by two in both directions, so boxes
// begin at even pixels, and end at even ones or at the canvas's own edge.
#pragma once

#include <algorithm>
#include <cmath>

#include "layout/scene.h"

namespace spacecast::paint {

struct Box {
  int x = 0, y = 0, width = 0, height = 0;
  [[nodiscard]] int right() const { return x + width; }
  [[nodiscard]] int bottom() const { return y + height; }
  [[nodiscard]] bool empty() const { return width <= 0 || height <= 0; }
  bool operator==(const Box&) const = default;
};

[[nodiscard]] Box intersect(const Box& a, const Box& b);

// The nearest even pixel, or `edge` where that is as near.
[[nodiscard]] int snap(double pixel, int edge);

// Empty where the rectangle is none (not finite), or more than `kReach` canvases large or away.
inline constexpr double kReach = 2;
[[nodiscard]] Box to_box(const layout::Rect& rect, int canvas_width, int canvas_height);

// The largest box of that aspect (width over height) in the middle of an area, the whole area where
// it would miss less than a fiftieth of it.
[[nodiscard]] Box contain(double aspect, int width, int height);

// How far a point lies outside of a rectangle (0, 0, width, height) with round corners; negative
// inside.
[[nodiscard]] inline double rounded_distance(double x, double y, double width, double height,
                                             double radius) {
  const double dx = std::abs(x - width / 2) - (width / 2 - radius);
  const double dy = std::abs(y - height / 2) - (height / 2 - radius);
  const double beyond_x = std::max(dx, 0.0);
  const double beyond_y = std::max(dy, 0.0);
  // Not std::hypot, which guards against numbers that no canvas has, at ten times the time.
  const double outside = std::sqrt(beyond_x * beyond_x + beyond_y * beyond_y);
  return outside + std::min(std::max(dx, dy), 0.0) - radius;
}

// How much of a pixel lies inside of an edge that is `distance` away from its centre.
[[nodiscard]] inline double coverage(double distance) {
  return std::clamp(0.5 - distance, 0.0, 1.0);
}

}  // namespace spacecast::paint
