// What is painted on: an 8-bit I420 picture. One format is enough, since it is the encoder's; other
// canvases are converted once at the end.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "plugins/activespeaker/paint/colour.h"
#include "plugins/activespeaker/paint/geometry.h"

namespace spacecast::paint {

struct Plane {
  std::uint8_t* data = nullptr;
  int stride = 0, width = 0, height = 0;
  [[nodiscard]] std::uint8_t* row(int y) const {
    return data + static_cast<std::ptrdiff_t>(y) * stride;
  }
};

// Luma, then both chromas. The memory is somebody else's.
struct Surface {
  int width = 0, height = 0;
  std::array<Plane, 3> planes;

  // A window; `box` lies inside and begins at even pixels.
  [[nodiscard]] Surface crop(const Box& box) const;
};

// A surface with memory of its own, which is kept for the next one.
class Image {
 public:
  // What was painted before is undefined after this, and earlier surfaces end.
  [[nodiscard]] Surface resize(int width, int height);

 private:
  std::vector<std::uint8_t> memory_;
};

void fill(const Surface& surface, Yuv colour);

// Lays a picture with round corners over another one. What hangs over the edges is left out.
// `x` and `y` are even; opacity 0 to 1.
void lay(const Surface& onto, const Surface& picture, int x, int y, double opacity, double radius);

}  // namespace spacecast::paint
