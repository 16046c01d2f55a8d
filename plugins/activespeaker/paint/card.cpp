#include "plugins/activespeaker/paint/card.h"

#include <array>
#include <cmath>
#include <numbers>

#include "plugins/activespeaker/paint/shapes.h"

namespace spacecast::paint {

namespace {

// Of the card's shorter side.
constexpr double kRadius = 0.20;
constexpr double kNameSize = 0.072;
constexpr double kNameSizeMax = 0.14;
// Of the circle's radius.
constexpr double kInitialsSize = 0.86;
constexpr double kInitialsWidth = 1.5;
constexpr double kRingGap = 0.08;
constexpr double kRingReach = 0.28;
constexpr double kNameGap = 0.46;
constexpr double kRingOpacity = 0.85;
// In ems of the name.
constexpr double kLineHeight = 1.5;
// Below this a card is a colour only.
constexpr int kSmallest = 24;

// The letters of these scripts would join into a word that means nothing.
bool joins(gunichar c) {
  switch (g_unichar_get_script(c)) {
    case G_UNICODE_SCRIPT_ARABIC:
    case G_UNICODE_SCRIPT_SYRIAC:
    case G_UNICODE_SCRIPT_NKO:
    case G_UNICODE_SCRIPT_MONGOLIAN:
      return true;
    default:
      return false;
  }
}

void append(std::string& text, gunichar c) {
  std::array<char, 6> utf8{};
  text.append(utf8.data(), static_cast<std::size_t>(g_unichar_to_utf8(c, utf8.data())));
}

void set_colour(cairo_t* cr, Colour colour) {
  cairo_set_source_rgb(cr, colour.red, colour.green, colour.blue);
}

// A centre of stickers lies on even pixels.
int even(double value) {
  return static_cast<int>(std::lround(value / 2)) * 2;
}

}  // namespace

std::string initials(std::string_view name) {
  const std::string text(name);
  gunichar first = 0;
  gunichar last = 0;
  bool at_word_start = true;
  for (const char* p = text.c_str(); *p != '\0'; p = g_utf8_next_char(p)) {
    const gunichar c = g_utf8_get_char(p);
    if (g_unichar_isspace(c)) {
      at_word_start = true;
    } else if (at_word_start && (g_unichar_isalnum(c) || first == 0)) {
      (first == 0 ? first : last) = g_unichar_toupper(c);
      at_word_start = false;
    }
  }
  std::string result;
  if (first != 0) append(result, first);
  if (last != 0 && !joins(first)) append(result, last);
  return result;
}

void CardPainter::paint(const Surface& onto, const std::string& name, const Look& look) const {
  fill(onto, matrix_(look.ground));
  const double side = std::min(onto.width * 0.9, static_cast<double>(onto.height));
  if (side < kSmallest) return;
  const int diameter = even(2 * kRadius * side);
  const double radius = diameter / 2.0;
  const int size =
      static_cast<int>(std::min(std::max(kNameSize * side, look.text_min), kNameSizeMax * side));
  const double block = diameter + kNameGap * radius + kLineHeight * size;
  const int left = even((onto.width - diameter) / 2.0);
  const int top = even((onto.height - block) / 2);
  if (look.level > 0) {
    const double inner = radius * (1 + kRingGap);
    draw_ring(onto,
              {left + radius, top + radius, inner,
               inner + radius * kRingReach * std::min(look.level, 1.0)},
              matrix_(ring_colour(name)), kRingOpacity);
  }
  stickers_
      .get({Stickers::Kind::kAvatar, name, diameter}, [&] { return draw_avatar(name, diameter); })
      .blend(onto, left, top);
  const int width_max = static_cast<int>(onto.width * 0.88);
  const Sticker& line = stickers_.get({Stickers::Kind::kCardName, name, size, width_max},
                                      [&] { return draw_name(name, size, width_max); });
  line.blend(onto, even((onto.width - line.width()) / 2.0),
             even(top + diameter + kNameGap * radius));
}

Sticker CardPainter::draw_avatar(const std::string& name, int diameter) const {
  return Sticker(diameter, diameter, matrix_, [&](cairo_t* cr) {
    const double radius = diameter / 2.0;
    cairo_arc(cr, radius, radius, radius, 0, 2 * std::numbers::pi);
    set_colour(cr, avatar_colour(name));
    cairo_fill(cr);
    double size = radius * kInitialsSize;
    const double width_max = radius * kInitialsWidth;
    const std::string letters = initials(name);
    auto line = typesetter_.set(letters, {.size = size, .width_max = 4 * radius});
    if (line.logical.width > width_max) {
      size *= width_max / line.logical.width;
      line = typesetter_.set(letters, {.size = size, .width_max = 4 * radius});
    }
    set_colour(cr, kText);
    line.draw_centred(cr, radius, radius);
  });
}

Sticker CardPainter::draw_name(const std::string& name, int size, int width_max) const {
  const auto line = typesetter_.set(
      name, {.size = static_cast<double>(size), .width_max = static_cast<double>(width_max)});
  const double height = kLineHeight * size;
  return Sticker(line.logical.width, static_cast<int>(std::ceil(height)), matrix_,
                 [&](cairo_t* cr) {
                   set_colour(cr, kText);
                   line.draw(cr, 0, height / 2, height);
                 });
}

}  // namespace spacecast::paint
