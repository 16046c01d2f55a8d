// What the program's picture shows at one moment: which pictures and cards lie where on the canvas.
// The director (director.h) makes scenes, a painter paints them. Pure geometry: no pixels in here.
#pragma once

#include <vector>

namespace spacecast::layout {

// In fractions of the canvas, origin at the top left. May lie partly outside of it.
struct Rect {
  double x = 0, y = 0, width = 1, height = 1;
  bool operator==(const Rect&) const = default;
};

// One person's picture, or the card that stands for them, or the screen they share.
struct Tile {
  enum class Content {
    kCamera,  // Shown whole; what it does not cover is a softened enlargement of itself.
    kCard,    // Initials and name, and a ring that moves with the voice.
    kScreen,  // Shown whole, on the background.
  };
  enum class Label {
    kNone,
    kLowerThird,  // The name, large, at the lower left of a full picture.
    kTag,         // The name, small, in a corner of a tile.
  };
  unsigned slot = 0;
  Content content = Content::kCamera;
  Rect place;
  double opacity = 1;  // Of the whole tile.
  Label label = Label::kNone;
  double label_opacity = 1;  // Of the label alone, times the tile's.
  bool lit = false;          // Framed as the one who speaks.
  double level = 0;          // Of the voice, 0 silent to 1 loud: the card's ring.
  bool operator==(const Tile&) const = default;
};

// Painted in order, the last one on top, on a background of the program's own.
using Scene = std::vector<Tile>;

}  // namespace spacecast::layout
