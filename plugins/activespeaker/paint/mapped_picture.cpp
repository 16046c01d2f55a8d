#include "plugins/activespeaker/paint/mapped_picture.h"

#include <algorithm>

namespace spacecast::paint {

namespace {

bool is_side(int length) {
  return length >= MappedPicture::kMinSide && length <= MappedPicture::kMaxSide;
}

// GStreamer asserts that a buffer's own description fits the caps; that is for us to find out.
bool describes(const GstVideoMeta& meta, const GstVideoInfo& info) {
  return meta.format == GST_VIDEO_INFO_FORMAT(&info) &&
         static_cast<int>(meta.width) == info.width &&
         static_cast<int>(meta.height) == info.height &&
         meta.n_planes == GST_VIDEO_INFO_N_PLANES(&info);
}

// Whether every row lies in the memory that was mapped. Without a meta GStreamer has checked that.
bool is_complete(const GstVideoFrame& frame) {
  if (!frame.meta) return true;
  for (guint component = 0; component < GST_VIDEO_FRAME_N_COMPONENTS(&frame); ++component) {
    const auto plane = static_cast<std::size_t>(GST_VIDEO_FRAME_COMP_PLANE(&frame, component));
    const GstMapInfo& map = frame.map[plane];
    const int stride = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane);
    const int row = GST_VIDEO_FRAME_COMP_WIDTH(&frame, component) *
                    std::max(1, GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, component));
    const int rows = GST_VIDEO_FRAME_COMP_HEIGHT(&frame, component);
    const auto* data = static_cast<const guint8*>(frame.data[plane]);
    if (stride < row || data < map.data) return false;
    const auto end = static_cast<std::size_t>(data - map.data) +
                     static_cast<std::size_t>(stride) * static_cast<std::size_t>(rows - 1) +
                     static_cast<std::size_t>(row);
    if (end > map.size) return false;
  }
  return true;
}

}  // namespace

MappedPicture::MappedPicture(const Frame* frame) {
  if (!frame || !frame->buffer || !frame->caps) return;
  if (!gst_video_info_from_caps(&info_, frame->caps.get())) return;
  if (!is_side(info_.width) || !is_side(info_.height)) return;
  if (GST_VIDEO_FORMAT_INFO_IS_TILED(info_.finfo) ||
      info_.finfo->format == GST_VIDEO_FORMAT_ENCODED)
    return;
  const GstVideoMeta* const meta = gst_buffer_get_video_meta(frame->buffer.get());
  if (meta && !describes(*meta, info_)) return;
  // What cameras send is progressive, and nothing here could undo fields.
  info_.interlace_mode = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  if (!gst_video_frame_map(&frame_, &info_, frame->buffer.get(), GST_MAP_READ)) return;
  mapped_ = is_complete(frame_);
  if (!mapped_) gst_video_frame_unmap(&frame_);
}

MappedPicture::~MappedPicture() {
  if (mapped_) gst_video_frame_unmap(&frame_);
}

double MappedPicture::aspect() const {
  const double pixel =
      info_.par_n > 0 && info_.par_d > 0 ? static_cast<double>(info_.par_n) / info_.par_d : 1;
  return pixel * info_.width / info_.height;
}

}  // namespace spacecast::paint
