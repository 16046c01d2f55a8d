#include "plugins/activespeaker/paint/text.h"

#include <algorithm>

namespace spacecast::paint {

namespace {

// What the first family lacks, fontconfig finds in others.
constexpr const char* kFamilies = "Noto Sans, Noto Sans Arabic, Noto Sans Hebrew, Sans";
// Half the height of capitals, in ems, in the sans-serifs that names are set in.
constexpr double kHalfCapital = 0.357;

}  // namespace

std::string printable(std::string_view text) {
  const std::string_view bounded = text.substr(0, kMaxNameBytes);
  const OwnedString valid(g_utf8_make_valid(bounded.data(), static_cast<gssize>(bounded.size())));
  return valid.get();
}

Typesetter::Typesetter()
    : fonts_(adopt(pango_cairo_font_map_new())),
      context_(adopt(pango_font_map_create_context(fonts_.get()))) {
  // Pictures are scaled and encoded: grey levels, and shapes that do not snap to pixels.
  const Owned<cairo_font_options_t, cairo_font_options_destroy> options(
      cairo_font_options_create());
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context_.get(), options.get());
  pango_context_set_round_glyph_positions(context_.get(), FALSE);
  // Here, instead of in the first picture that has a name in it.
  (void)set("Ada", {.size = 16, .width_max = 160});
}

Typesetter::Line Typesetter::set(const std::string& text, const Style& style) const {
  Line line{.layout = adopt(pango_layout_new(context_.get())), .size = style.size};
  PangoLayout* const layout = line.layout.get();
  const Owned<PangoFontDescription, pango_font_description_free> font(pango_font_description_new());
  pango_font_description_set_family_static(font.get(), kFamilies);
  pango_font_description_set_weight(font.get(), style.weight);
  pango_font_description_set_absolute_size(font.get(), style.size * PANGO_SCALE);
  pango_layout_set_font_description(layout, font.get());
  pango_layout_set_single_paragraph_mode(layout, TRUE);
  pango_layout_set_text(layout, text.data(), static_cast<int>(text.size()));
  pango_layout_get_pixel_extents(layout, &line.ink, &line.logical);
  if (line.logical.width > style.width_max) {
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    pango_layout_set_width(layout, static_cast<int>(style.width_max * PANGO_SCALE));
    pango_layout_get_pixel_extents(layout, &line.ink, &line.logical);
  }
  line.baseline = static_cast<double>(pango_layout_get_baseline(layout)) / PANGO_SCALE;
  return line;
}

void Typesetter::Line::draw(cairo_t* cr, double x, double middle, double height) const {
  double top = middle + kHalfCapital * size - baseline;
  // Scripts with tall stacks.
  top = std::max(std::min(top, height - ink.y - ink.height), -static_cast<double>(ink.y));
  cairo_move_to(cr, x - logical.x, top);
  pango_cairo_show_layout(cr, layout.get());
}

void Typesetter::Line::draw_centred(cairo_t* cr, double x, double y) const {
  cairo_move_to(cr, x - ink.x - ink.width / 2.0, y - ink.y - ink.height / 2.0);
  pango_cairo_show_layout(cr, layout.get());
}

}  // namespace spacecast::paint
