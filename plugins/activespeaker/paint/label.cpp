#include "plugins/activespeaker/paint/label.h"

#include <cmath>
#include <numbers>

namespace spacecast::paint {

namespace {

// With kText a contrast above 7:1, even over a white picture.
constexpr double kPlateOpacity = 0.74;
// In ems.
constexpr double kPlateHeight = 1.9;
constexpr double kPadding = 0.62;
constexpr double kCorner = 0.36;
constexpr double kAccentWidth = 0.16;
constexpr double kAccentHeight = 1.0;
constexpr double kAccentGap = 0.44;

void rounded_rectangle(cairo_t* cr, double x, double y, double width, double height,
                       double radius) {
  constexpr double kQuarter = std::numbers::pi / 2;
  cairo_new_sub_path(cr);
  cairo_arc(cr, x + width - radius, y + radius, radius, -kQuarter, 0);
  cairo_arc(cr, x + width - radius, y + height - radius, radius, 0, kQuarter);
  cairo_arc(cr, x + radius, y + height - radius, radius, kQuarter, 2 * kQuarter);
  cairo_arc(cr, x + radius, y + radius, radius, 2 * kQuarter, 3 * kQuarter);
  cairo_close_path(cr);
}

}  // namespace

Sticker draw_label(const Typesetter& typesetter, const YuvMatrix& matrix, const std::string& name,
                   const LabelStyle& style) {
  const double em = style.text_size;
  const double before = (kPadding + (style.accent ? kAccentWidth + kAccentGap : 0)) * em;
  const double after = (style.accent ? kPadding + kAccentWidth : kPadding) * em;
  const auto line = typesetter.set(
      name, {.size = em, .width_max = std::max(em, style.width_max - before - after)});
  const double width = before + line.logical.width + after;
  const double height = kPlateHeight * em;
  return Sticker(static_cast<int>(std::ceil(width)), static_cast<int>(std::ceil(height)), matrix,
                 [&](cairo_t* cr) {
                   rounded_rectangle(cr, 0, 0, width, height, kCorner * em);
                   cairo_set_source_rgba(cr, kBackground.red, kBackground.green, kBackground.blue,
                                         kPlateOpacity);
                   cairo_fill(cr);
                   if (style.accent) {
                     rounded_rectangle(cr, kPadding * em, (kPlateHeight - kAccentHeight) / 2 * em,
                                       kAccentWidth * em, kAccentHeight * em,
                                       kAccentWidth / 2 * em);
                     cairo_set_source_rgb(cr, kSignal.red, kSignal.green, kSignal.blue);
                     cairo_fill(cr);
                   }
                   cairo_set_source_rgb(cr, kText.red, kText.green, kText.blue);
                   line.draw(cr, before, height / 2, height);
                 });
}

}  // namespace spacecast::paint
