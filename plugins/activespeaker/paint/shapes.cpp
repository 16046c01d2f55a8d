#include "plugins/activespeaker/paint/shapes.h"

namespace spacecast::paint {

namespace {

// Calls paint(value, x, y, step) for each plane: its value of the colour, and the size of its
// pixels.
template <typename PaintPlane>
void for_each_plane(const Surface& onto, Yuv colour, PaintPlane paint) {
  const std::array<std::uint8_t, 3> values{colour.y, colour.u, colour.v};
  for (std::size_t i = 0; i < values.size(); ++i) paint(onto.planes[i], values[i], i == 0 ? 1 : 2);
}

void tint(std::uint8_t& pixel, int value, double share) {
  pixel = static_cast<std::uint8_t>(pixel + (value - pixel) * share + 0.5);
}

}  // namespace

void draw_frame(const Surface& onto, double thickness, double radius, Yuv colour) {
  const double width = onto.width;
  const double height = onto.height;
  // Beyond this far from every edge there is nothing of it.
  const double band = std::max(thickness, radius) + 1;
  for_each_plane(onto, colour, [&](const Plane& plane, int value, int step) {
    const int columns = std::min(plane.width, static_cast<int>(std::ceil(band / step)));
    for (int y = 0; y < plane.height; ++y) {
      const double at_y = (y + 0.5) * step;
      const auto draw = [&](int begin, int end) {
        for (int x = begin; x < end; ++x) {
          const double distance = rounded_distance((x + 0.5) * step, at_y, width, height, radius);
          tint(plane.row(y)[x], value,
               std::min(coverage(distance), coverage(-distance - thickness)));
        }
      };
      if (at_y < band || at_y > height - band) {
        draw(0, plane.width);
      } else {
        draw(0, columns);
        draw(std::max(columns, plane.width - columns), plane.width);
      }
    }
  });
}

void draw_ring(const Surface& onto, const Ring& ring, Yuv colour, double opacity) {
  // Half the width of the ring's circle of that radius at a distance from its centre.
  const auto chord = [](double radius, double distance) {
    return radius > std::abs(distance) ? std::sqrt(radius * radius - distance * distance) : 0.0;
  };
  for_each_plane(onto, colour, [&](const Plane& plane, int value, int step) {
    for (int y = 0; y < plane.height; ++y) {
      const double dy = (y + 0.5) * step - ring.y;
      const double outer = chord(ring.outer + step, dy);
      if (outer <= 0) continue;
      const double inner = chord(ring.inner - step, dy);
      const auto draw = [&](double begin, double end) {
        const int last = std::min(plane.width - 1, static_cast<int>(end / step));
        for (int x = std::max(0, static_cast<int>(begin / step)); x <= last; ++x) {
          const double dx = (x + 0.5) * step - ring.x;
          const double distance = std::sqrt(dx * dx + dy * dy);
          const double inside =
              std::min(coverage(distance - ring.outer), coverage(ring.inner - distance));
          tint(plane.row(y)[x], value, inside * opacity);
        }
      };
      if (inner <= step) {
        draw(ring.x - outer, ring.x + outer);
      } else {
        draw(ring.x - outer, ring.x - inner);
        draw(ring.x + inner, ring.x + outer);
      }
    }
  });
}

}  // namespace spacecast::paint
