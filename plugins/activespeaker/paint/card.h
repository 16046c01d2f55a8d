// What stands in for a camera: a person's initials in a circle of their colour, a ring around it
// that moves with the voice, and the name below.
#pragma once

#include <string>
#include <string_view>

#include "plugins/activespeaker/paint/sticker.h"
#include "plugins/activespeaker/paint/text.h"

namespace spacecast::paint {

// Up to two initials, upper case where the script has one: "Ada Lovelace" → "AL", "李小龍" → "李".
// `name` is valid UTF-8.
[[nodiscard]] std::string initials(std::string_view name);

class CardPainter {
 public:
  struct Look {
    Colour ground;
    double level = 0;      // Of the voice, 0 to 1.
    double text_min = 20;  // The name's smallest size, pixels, where the card has room for it.
  };

  // All outlive the painter.
  CardPainter(const Typesetter& typesetter, const YuvMatrix& matrix, Stickers& stickers)
      : typesetter_(typesetter), matrix_(matrix), stickers_(stickers) {}

  void paint(const Surface& onto, const std::string& name, const Look& look) const;

 private:
  [[nodiscard]] Sticker draw_avatar(const std::string& name, int diameter) const;
  [[nodiscard]] Sticker draw_name(const std::string& name, int size, int width_max) const;

  const Typesetter& typesetter_;
  const YuvMatrix& matrix_;
  Stickers& stickers_;
};

}  // namespace spacecast::paint
