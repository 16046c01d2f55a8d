// One line of text in any script, by Pango: fonts are found for what the first one lacks, right-to-
// left is shaped as such, and what is too long ends in an ellipsis.
#pragma once

#include <pango/pangocairo.h>

#include <string>
#include <string_view>

#include "glibx/ref.h"

namespace spacecast::paint {

// A person's name as it may be painted: valid UTF-8 of at most kMaxNameBytes.
inline constexpr std::size_t kMaxNameBytes = 256;
[[nodiscard]] std::string printable(std::string_view text);

class Typesetter {
 public:
  struct Style {
    PangoWeight weight = PANGO_WEIGHT_SEMIBOLD;
    double size = 0;       // Pixels of the em square.
    double width_max = 0;  // Pixels.
  };
  struct Line {
    Ref<PangoLayout> layout;
    PangoRectangle logical{}, ink{};  // Pixels, from the layout's origin.
    double baseline = 0;              // The same.
    double size = 0;
    // Paints in cairo's present colour: the line's left edge at `x`, its capitals centred on
    // `middle`, but so that nothing is cut off by the top (0) or bottom (`height`).
    void draw(cairo_t* cr, double x, double middle, double height) const;
    // With the middle of what is black on paper at a point: for a few letters of any script.
    void draw_centred(cairo_t* cr, double x, double y) const;
  };

  // Loads fonts, which takes a while the first time in a process.
  Typesetter();
  [[nodiscard]] Line set(const std::string& text, const Style& style) const;

 private:
  Ref<PangoFontMap> fonts_;
  Ref<PangoContext> context_;
};

}  // namespace spacecast::paint
