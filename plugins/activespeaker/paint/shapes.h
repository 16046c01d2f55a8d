// What moves or changes its size too often to be kept as a sticker, drawn right away: anti-aliased
// by the distance of each pixel from the shape's edge.
#pragma once

#include "plugins/activespeaker/paint/surface.h"

namespace spacecast::paint {

// Along the inside of the surface's edge.
void draw_frame(const Surface& onto, double thickness, double radius, Yuv colour);

struct Ring {
  double x = 0, y = 0;  // The centre.
  double inner = 0, outer = 0;
};
void draw_ring(const Surface& onto, const Ring& ring, Yuv colour, double opacity);

}  // namespace spacecast::paint
