#include "plugins/activespeaker/black.h"

#include <gst/video/video.h>

namespace spacecast {

Ref<GstBuffer> make_black(const GstCaps* caps) {
  GstVideoInfo to, from;
  if (!gst_video_info_from_caps(&to, caps)) return {};
  // Zeros are black in RGB; the converter knows what that is in every other format.
  gst_video_info_set_format(&from, GST_VIDEO_FORMAT_BGRx, static_cast<guint>(to.width),
                            static_cast<guint>(to.height));
  from.fps_n = to.fps_n;
  from.fps_d = to.fps_d;
  const auto zeros = adopt(gst_buffer_new_allocate(nullptr, from.size, nullptr));
  auto black = adopt(gst_buffer_new_allocate(nullptr, to.size, nullptr));
  if (!zeros || !black) return {};
  gst_buffer_memset(zeros.get(), 0, 0, from.size);
  const Owned<GstVideoConverter, gst_video_converter_free> converter(
      gst_video_converter_new(&from, &to, nullptr));
  if (!converter) return {};
  GstVideoFrame source, target;
  if (!gst_video_frame_map(&source, &from, zeros.get(), GST_MAP_READ)) return {};
  const bool mapped = gst_video_frame_map(&target, &to, black.get(), GST_MAP_WRITE);
  if (mapped) {
    gst_video_converter_frame(converter.get(), &source, &target);
    gst_video_frame_unmap(&target);
  }
  gst_video_frame_unmap(&source);
  return mapped ? black : Ref<GstBuffer>();
}

}  // namespace spacecast
