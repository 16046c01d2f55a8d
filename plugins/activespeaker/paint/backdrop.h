// What surrounds a picture that does not cover its tile: the same picture enlarged until it does,
// softened until nothing in it draws the eye, and darkened. It is made from a few thousand averages
// of the picture, so that it costs little more than writing its pixels.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "plugins/activespeaker/paint/surface.h"

namespace spacecast::paint {

class Backdrop {
 public:
  // Paints everything of `tile` but the box that the picture has been painted into. `black` is the
  // luma of black.
  void surround(const Surface& tile, const Box& picture, int black);

 private:
  struct Grid {
    int columns = 0, rows = 0;
    std::vector<float> cells;
  };
  // Where between two cells a pixel lies, and how bright it is there.
  struct Sample {
    std::size_t cell = 0;
    float share = 0;  // Of the next cell.
    float shade = 1;
  };

  void average(const Plane& picture, double share_x, double share_y);
  void blur(int radius);
  // `reach` of the picture's shadow, in pixels; 0 for none.
  void enlarge(const Plane& tile, const Box& picture, int black, double reach);

  Grid grid_;
  std::vector<float> passed_;
  std::vector<Sample> across_;
  std::vector<float> wide_;  // The grid's rows, already as wide as the tile.
};

}  // namespace spacecast::paint
