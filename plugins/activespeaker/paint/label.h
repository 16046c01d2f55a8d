// The name on a picture: light text on a dark plate, through which the picture shimmers.
#pragma once

#include "plugins/activespeaker/paint/sticker.h"
#include "plugins/activespeaker/paint/text.h"

namespace spacecast::paint {

struct LabelStyle {
  int text_size = 0;  // Pixels of the em square.
  int width_max = 0;  // Of the whole plate, pixels.
  bool accent = false;
};

[[nodiscard]] Sticker draw_label(const Typesetter& typesetter, const YuvMatrix& matrix,
                                 const std::string& name, const LabelStyle& style);

}  // namespace spacecast::paint
