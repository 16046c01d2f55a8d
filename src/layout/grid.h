// Places for a gallery: as many equal tiles as there are people, as large as the canvas allows. On
// a wide canvas tiles have the shape of a camera; on an upright one they may be as upright as it
// is, for many who watch upright also hold their phone upright.
#pragma once

#include <cstddef>
#include <vector>

#include "layout/scene.h"

namespace spacecast::layout {

// Between tiles and around them, in shares of the canvas's shorter side.
constexpr double kGap = 0.014;

// `count` places in reading order, the last row centred; `aspect` is the canvas's width over
// height.
[[nodiscard]] std::vector<Rect> make_grid(std::size_t count, double aspect);

}  // namespace spacecast::layout
