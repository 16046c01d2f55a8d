#include "plugins/activespeaker/painter.h"

#include <algorithm>
#include <utility>

#include "plugins/activespeaker/paint/tile_painter.h"

namespace spacecast {

namespace {

using layout::Scene;
using layout::Tile;
using paint::Box;
using paint::MappedPicture;
using paint::Surface;

// Pixels of a 720 lines high canvas.
constexpr double kCorner = 12;
// A tile that covers less than this of the canvas is one of many; up to all of it, it becomes the
// whole picture.
constexpr double kOneOfMany = 0.75;
constexpr int kBaseLines = 720;

bool covers(const Tile& tile, const Box& box, const GstVideoInfo& canvas) {
  return tile.opacity >= 1 && box == Box{0, 0, canvas.width, canvas.height};
}

bool is_plain(const Tile& tile) {
  return tile.content != Tile::Content::kCard && !tile.lit &&
         (tile.label == Tile::Label::kNone || !(tile.label_opacity > 0));
}

// What is painted on: the canvas in I420, in its own colours where it has any.
GstVideoInfo working_info(const GstVideoInfo& canvas) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, static_cast<guint>(canvas.width),
                            static_cast<guint>(canvas.height));
  gst_video_colorimetry_from_string(&info.colorimetry, GST_VIDEO_COLORIMETRY_BT709);
  if (GST_VIDEO_INFO_IS_YUV(&canvas)) {
    info.colorimetry = canvas.colorimetry;
    info.chroma_site = canvas.chroma_site;
  }
  info.par_n = canvas.par_n;
  info.par_d = canvas.par_d;
  info.fps_n = canvas.fps_n;
  info.fps_d = canvas.fps_d;
  return info;
}

// A mapped I420 frame as a surface, and the other way round.
Surface to_surface(const GstVideoFrame& frame) {
  Surface surface{GST_VIDEO_FRAME_WIDTH(&frame), GST_VIDEO_FRAME_HEIGHT(&frame), {}};
  for (std::size_t i = 0; i < surface.planes.size(); ++i) {
    surface.planes[i] = {
        static_cast<std::uint8_t*>(frame.data[i]), GST_VIDEO_FRAME_PLANE_STRIDE(&frame, i),
        GST_VIDEO_FRAME_COMP_WIDTH(&frame, i), GST_VIDEO_FRAME_COMP_HEIGHT(&frame, i)};
  }
  return surface;
}

GstVideoFrame to_frame(const Surface& surface, const GstVideoInfo& info) {
  GstVideoFrame frame{};
  frame.info = info;
  for (std::size_t i = 0; i < surface.planes.size(); ++i) {
    frame.data[i] = surface.planes[i].data;
    frame.info.stride[i] = surface.planes[i].stride;
  }
  return frame;
}

}  // namespace

struct Painter::Parts {
  GstVideoInfo canvas{};
  GstVideoInfo working{};
  Owned<GstVideoConverter, gst_video_converter_free> finish;  // Where the canvas is not I420.
  paint::TilePainter tiles;
  paint::Image ground;   // What is painted on, where that is not the canvas itself.
  paint::Image scratch;  // For tiles that are not simply a part of it.

  [[nodiscard]] Box place(const Tile& tile) const {
    return paint::to_box(tile.place, canvas.width, canvas.height);
  }
  [[nodiscard]] Ref<GstBuffer> untouched(const Scene& scene, const Source& source) const;
  void paint_scene(const Surface& onto, const Scene& scene, const Source& source);
  void paint_tile(const Surface& onto, const Tile& tile, const Source& source);
};

// The picture of a scene that is nothing but that picture.
Ref<GstBuffer> Painter::Parts::untouched(const Scene& scene, const Source& source) const {
  if (scene.size() != 1 || !is_plain(scene.front()) ||
      !covers(scene.front(), place(scene.front()), canvas))
    return {};
  const Frame* const frame = source.picture(scene.front().slot, scene.front().content);
  const MappedPicture picture(frame);
  const GstVideoInfo& info = picture.info();
  // The matrix may differ: see PictureScaler.
  const bool same = picture && GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_INFO_FORMAT(&canvas) &&
                    info.width == canvas.width && info.height == canvas.height &&
                    info.par_n == canvas.par_n && info.par_d == canvas.par_d &&
                    info.colorimetry.range == canvas.colorimetry.range;
  return same ? frame->buffer : Ref<GstBuffer>();
}

void Painter::Parts::paint_scene(const Surface& onto, const Scene& scene, const Source& source) {
  // What lies below a tile that covers everything need not be painted.
  const auto top = std::find_if(scene.rbegin(), scene.rend(), [&](const Tile& tile) {
    return covers(tile, place(tile), canvas);
  });
  if (top == scene.rend()) fill(onto, tiles.matrix()(paint::kBackground));
  const auto first = top == scene.rend() ? scene.begin() : std::prev(top.base());
  std::for_each(first, scene.end(), [&](const Tile& tile) { paint_tile(onto, tile, source); });
}

void Painter::Parts::paint_tile(const Surface& onto, const Tile& tile, const Source& source) {
  const Box box = place(tile);
  const Box seen = paint::intersect(box, {0, 0, onto.width, onto.height});
  if (seen.empty() || !(tile.opacity > 0)) return;
  const double unit = std::min(onto.width, onto.height) / static_cast<double>(kBaseLines);
  const double share = static_cast<double>(box.width) * box.height / onto.width / onto.height;
  const double alone = std::clamp((share - kOneOfMany) / (1 - kOneOfMany), 0.0, 1.0);
  const paint::TilePainter::Shape shape{
      .corner = std::min({kCorner * unit * (1 - alone), box.width / 2.0, box.height / 2.0}),
      .alone = alone,
      .unit = unit,
      .pixel_aspect = static_cast<double>(canvas.par_n) / canvas.par_d};
  const MappedPicture picture(
      tile.content == Tile::Content::kCard ? nullptr : source.picture(tile.slot, tile.content));
  const std::string name = paint::printable(source.name(tile.slot));
  if (seen == box && tile.opacity >= 1 && shape.corner <= 0) {
    tiles.paint(onto.crop(box), tile, picture, name, shape);
    return;
  }
  const Surface apart = scratch.resize(box.width, box.height);
  tiles.paint(apart, tile, picture, name, shape);
  paint::lay(onto, apart, box.x, box.y, tile.opacity, shape.corner);
}

Painter::Painter() : parts_(std::make_unique<Parts>()) {}
Painter::~Painter() = default;

bool Painter::set_canvas(const GstVideoInfo& canvas) {
  const auto is_side = [](int length) {
    return length >= MappedPicture::kMinSide && length <= MappedPicture::kMaxSide;
  };
  if (!canvas.finfo || !is_side(canvas.width) || !is_side(canvas.height) || canvas.par_n <= 0 ||
      canvas.par_d <= 0)
    return false;
  if (GST_VIDEO_INFO_FORMAT(&canvas) == GST_VIDEO_FORMAT_ENCODED) return false;
  GstVideoInfo wanted = canvas;
  wanted.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  const GstVideoInfo working = working_info(wanted);
  Owned<GstVideoConverter, gst_video_converter_free> finish;
  if (GST_VIDEO_INFO_FORMAT(&wanted) != GST_VIDEO_FORMAT_I420) {
    finish.reset(gst_video_converter_new(&working, &wanted, nullptr));
    if (!finish) return false;
  }
  parts_->canvas = wanted;
  parts_->working = working;
  parts_->finish = std::move(finish);
  parts_->tiles.set_colours(working);
  return true;
}

Ref<GstBuffer> Painter::paint(const Scene& scene, const Source& source) {
  if (auto picture = parts_->untouched(scene, source)) return picture;
  auto buffer = adopt(gst_buffer_new_allocate(nullptr, parts_->canvas.size, nullptr));
  GstVideoFrame frame;
  const bool mapped = gst_video_frame_map(&frame, &parts_->canvas, buffer.get(), GST_MAP_READWRITE);
  g_assert(mapped);  // Memory of our own.
  if (parts_->finish) {
    const Surface ground = parts_->ground.resize(parts_->canvas.width, parts_->canvas.height);
    parts_->paint_scene(ground, scene, source);
    const GstVideoFrame painted = to_frame(ground, parts_->working);
    gst_video_converter_frame(parts_->finish.get(), &painted, &frame);
  } else {
    parts_->paint_scene(to_surface(frame), scene, source);
  }
  gst_video_frame_unmap(&frame);
  parts_->tiles.end_round();
  return buffer;
}

}  // namespace spacecast
