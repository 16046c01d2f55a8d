#include "layout/grid.h"

#include <algorithm>

namespace spacecast::layout {

namespace {

constexpr double kCamera = 16.0 / 9.0;
constexpr double kNarrow = 4.0 / 3.0;

// In heights of the canvas, so that both directions have one unit.
struct Size {
  double width = 0, height = 0;
};

// The largest of that shape which fits.
Size fit(Size into, double shape) {
  return {std::min(into.width, into.height * shape), std::min(into.height, into.width / shape)};
}

}  // namespace

std::vector<Rect> make_grid(std::size_t count, double aspect) {
  if (count == 0) return {};
  const double gap = kGap * std::min(1.0, aspect);
  const auto cell = [&](std::size_t columns) {
    const std::size_t rows = (count + columns - 1) / columns;
    return Size{(aspect - gap * static_cast<double>(columns + 1)) / static_cast<double>(columns),
                (1 - gap * static_cast<double>(rows + 1)) / static_cast<double>(rows)};
  };
  // The columns that give a camera the most room.
  const double wanted = std::clamp(aspect, 1.0, kCamera);
  std::size_t columns = 1;
  for (std::size_t n = 2; n <= count; ++n) {
    if (fit(cell(n), wanted).width > fit(cell(columns), wanted).width) columns = n;
  }
  const Size room = cell(columns);
  const Size tile = fit(room, std::clamp(room.width / room.height, std::min(aspect, kNarrow),
                                         std::max(aspect, kCamera)));
  const std::size_t rows = (count + columns - 1) / columns;
  const double total_height = static_cast<double>(rows) * (tile.height + gap) - gap;
  std::vector<Rect> places;
  places.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = i / columns;
    const std::size_t in_row = std::min(columns, count - row * columns);
    const double row_width = static_cast<double>(in_row) * (tile.width + gap) - gap;
    const double x =
        (aspect - row_width) / 2 + static_cast<double>(i % columns) * (tile.width + gap);
    const double y = (1 - total_height) / 2 + static_cast<double>(row) * (tile.height + gap);
    places.push_back({x / aspect, y, tile.width / aspect, tile.height});
  }
  return places;
}

}  // namespace spacecast::layout
