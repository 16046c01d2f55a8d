// Paints a scene: pictures of any size and format scaled onto a canvas by GstVideoConverter, cards
// and labels drawn with cairo and Pango (any script). What covers the whole canvas in its own size
// and format, with nothing on top, is handed on as it is. Not thread-safe; one for each output.
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <functional>
#include <memory>
#include <string>

#include "gstx/ref.h"
#include "layout/scene.h"
#include "plugins/activespeaker/frame_ring.h"

namespace spacecast {

class Painter {
 public:
  // What a slot has to be painted with; null where it has no such picture.
  struct Source {
    std::function<const Frame*(unsigned slot, layout::Tile::Content content)> picture;
    std::function<std::string(unsigned slot)> name;  // UTF-8, bounded.
  };

  Painter();
  ~Painter();

  // `canvas`: I420, or any raw format that GstVideoConverter writes. False where it cannot.
  [[nodiscard]] bool set_canvas(const GstVideoInfo& canvas);
  // A buffer of the canvas's format without timestamps, never null after set_canvas(). A tile whose
  // picture is missing or broken is painted as a card.
  [[nodiscard]] Ref<GstBuffer> paint(const layout::Scene& scene, const Source& source);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace spacecast
