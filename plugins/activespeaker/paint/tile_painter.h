// Paints one tile over the whole of a surface: the picture or the card, then the frame and the
// name.
#pragma once

#include <functional>
#include <string>

#include "layout/scene.h"
#include "plugins/activespeaker/paint/backdrop.h"
#include "plugins/activespeaker/paint/card.h"
#include "plugins/activespeaker/paint/picture_scaler.h"

namespace spacecast::paint {

class TilePainter {
 public:
  // As it is to be painted now, pixels.
  struct Shape {
    double corner = 0;        // Radius.
    double alone = 1;         // 1: it is the whole picture, 0: it is one of many.
    double unit = 1;          // A pixel of a 720 lines high canvas.
    double pixel_aspect = 1;  // Of the canvas.
  };

  // `colours`: what the surfaces' colours are.
  void set_colours(const GstVideoInfo& colours);
  // `picture` may be nothing; `name` is printable (text.h).
  void paint(const Surface& onto, const layout::Tile& tile, const MappedPicture& picture,
             const std::string& name, const Shape& shape);
  void end_round() { scaler_.end_round(); }
  [[nodiscard]] const YuvMatrix& matrix() const { return matrix_; }

 private:
  [[nodiscard]] bool paint_picture(const Surface& onto, const layout::Tile& tile,
                                   const MappedPicture& picture, const Shape& shape);
  void paint_label(const Surface& onto, const layout::Tile& tile, const std::string& name,
                   const Shape& shape);

  Typesetter typesetter_;
  YuvMatrix matrix_{GstVideoColorimetry{}};
  Stickers stickers_;
  CardPainter card_{typesetter_, matrix_, stickers_};
  PictureScaler scaler_;
  Backdrop backdrop_;
};

}  // namespace spacecast::paint
