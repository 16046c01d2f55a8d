#include "plugins/activespeaker/paint/geometry.h"

namespace spacecast::paint {

namespace {

constexpr double kUnnoticed = 0.02;

// A side of a contained box, and where it begins: even, and all of `whole` where nearly that.
void settle(double side, int whole, int& begin, int& length) {
  if (side >= whole * (1 - kUnnoticed) || whole - side < 2) {
    begin = 0;
    length = whole;
    return;
  }
  length = std::max(2, static_cast<int>(side / 2) * 2);
  begin = (whole - length) / 4 * 2;
}

}  // namespace

Box intersect(const Box& a, const Box& b) {
  const int x = std::max(a.x, b.x);
  const int y = std::max(a.y, b.y);
  return {x, y, std::min(a.right(), b.right()) - x, std::min(a.bottom(), b.bottom()) - y};
}

int snap(double pixel, int edge) {
  if (std::abs(pixel - edge) <= 1) return edge;
  return static_cast<int>(std::lround(pixel / 2)) * 2;
}

Box to_box(const layout::Rect& rect, int canvas_width, int canvas_height) {
  // Not-a-number fails every comparison.
  const auto near = [](double value) { return std::abs(value) <= kReach; };
  if (!near(rect.x) || !near(rect.y) || !near(rect.width) || !near(rect.height)) return {};
  const int x = snap(rect.x * canvas_width, 0);
  const int y = snap(rect.y * canvas_height, 0);
  const int right = snap((rect.x + rect.width) * canvas_width, canvas_width);
  const int bottom = snap((rect.y + rect.height) * canvas_height, canvas_height);
  return {x, y, right - x, bottom - y};
}

Box contain(double aspect, int width, int height) {
  Box box;
  settle(std::min<double>(width, height * aspect), width, box.x, box.width);
  settle(std::min<double>(height, width / aspect), height, box.y, box.height);
  return box;
}

}  // namespace spacecast::paint
