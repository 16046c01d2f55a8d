#include "plugins/activespeaker/paint/tile_painter.h"

#include <algorithm>
#include <cmath>

#include "plugins/activespeaker/paint/label.h"
#include "plugins/activespeaker/paint/shapes.h"

namespace spacecast::paint {

namespace {

// Pixels of a 720 lines high canvas.
constexpr double kFrameThickness = 4;
constexpr double kLowerThirdSize = 36;
constexpr double kTagSizeMin = 20;
constexpr double kTagSizeMax = 26;
constexpr double kTagMargin = 10;
constexpr double kNameSizeMin = 20;
// Of the tile's sides: what television sets and the controls of players leave free.
constexpr double kTitleSafe = 0.05;
constexpr double kTagSize = 0.09;
// A tile too small for a name shows none.
constexpr int kLabelSideMin = 64;

int even(double value) {
  return static_cast<int>(value / 2) * 2;
}

}  // namespace

void TilePainter::set_colours(const GstVideoInfo& colours) {
  matrix_ = YuvMatrix(colours.colorimetry);
  stickers_.clear();
  scaler_.set_colours(colours);
}

void TilePainter::paint(const Surface& onto, const layout::Tile& tile, const MappedPicture& picture,
                        const std::string& name, const Shape& shape) {
  const bool pictured =
      tile.content != layout::Tile::Content::kCard && paint_picture(onto, tile, picture, shape);
  if (!pictured) {
    card_.paint(onto, name,
                {.ground = mix(kRaised, kBackground, shape.alone),
                 .level = tile.level,
                 .text_min = kNameSizeMin * shape.unit});
  }
  if (tile.lit) draw_frame(onto, kFrameThickness * shape.unit, shape.corner, matrix_(kSignal));
  // A card bears the name already.
  if (pictured) paint_label(onto, tile, name, shape);
}

bool TilePainter::paint_picture(const Surface& onto, const layout::Tile& tile,
                                const MappedPicture& picture, const Shape& shape) {
  if (!picture) return false;
  const Box box = contain(picture.aspect() / shape.pixel_aspect, onto.width, onto.height);
  const bool covers = box.width == onto.width && box.height == onto.height;
  const bool screen = tile.content == layout::Tile::Content::kScreen;
  if (screen && !covers) fill(onto, matrix_(kBackground));
  if (!scaler_.scale(picture, onto.crop(box))) return false;
  if (!screen && !covers) backdrop_.surround(onto, box, matrix_.black());
  return true;
}

void TilePainter::paint_label(const Surface& onto, const layout::Tile& tile,
                              const std::string& name, const Shape& shape) {
  if (tile.label == layout::Tile::Label::kNone || !(tile.label_opacity > 0) || name.empty()) return;
  if (std::min(onto.width, onto.height) < kLabelSideMin) return;
  const bool large = tile.label == layout::Tile::Label::kLowerThird;
  const double margin_x = large ? kTitleSafe * onto.width : kTagMargin * shape.unit;
  const double margin_y = large ? kTitleSafe * onto.height : kTagMargin * shape.unit;
  const double size = large ? kLowerThirdSize * shape.unit
                            : std::clamp(kTagSize * onto.height, kTagSizeMin * shape.unit,
                                         kTagSizeMax * shape.unit);
  const LabelStyle style{.text_size = static_cast<int>(std::lround(size)),
                         .width_max = static_cast<int>(onto.width - 2 * margin_x),
                         .accent = large};
  const Sticker& plate =
      stickers_.get({large ? Stickers::Kind::kLowerThird : Stickers::Kind::kTag, name,
                     style.text_size, style.width_max},
                    [&] { return draw_label(typesetter_, matrix_, name, style); });
  plate.blend(onto, even(margin_x), even(onto.height - margin_y - plate.height()),
              tile.label_opacity);
}

}  // namespace spacecast::paint
