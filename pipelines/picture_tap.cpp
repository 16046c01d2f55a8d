#include "pipelines/picture_tap.h"

#include "gstx/probe.h"

namespace spacecast {

namespace {

// The encoder's timestamps lie in a segment of its own (x264enc adds 1000 hours). The copy shares
// the memory.
Ref<GstBuffer> on_running_time(GstPad* pad, GstBuffer* unit) {
  auto copy = adopt(gst_buffer_copy(unit));
  const auto event = adopt(gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0));
  if (!event) return {};
  const GstSegment* segment = nullptr;
  gst_event_parse_segment(event.get(), &segment);
  const auto running = [segment](GstClockTime time) {
    return gst_segment_to_running_time(segment, GST_FORMAT_TIME, time);
  };
  GST_BUFFER_PTS(copy.get()) = running(GST_BUFFER_PTS(unit));
  GST_BUFFER_DTS(copy.get()) = running(GST_BUFFER_DTS(unit));
  return copy;
}

}  // namespace

void PictureTap::Viewer::take(const Ref<GstSample>& unit) {
  GstBuffer* buffer = gst_sample_get_buffer(unit.get());
  if (!begun_ && GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT)) return;
  begun_ = true;
  sink_->take_video(unit);
}

void PictureTap::attach(GstPad* pad) {
  add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER,
            [self = shared_from_this()](GstPad* at, GstPadProbeInfo* info) {
              self->look(at, GST_PAD_PROBE_INFO_BUFFER(info));
              return GST_PAD_PROBE_OK;
            });
}

void PictureTap::look(GstPad* pad, GstBuffer* unit) {
  const auto viewers = viewers_.items();
  if (viewers->empty()) return;
  const auto caps = adopt(gst_pad_get_current_caps(pad));
  const auto buffer = on_running_time(pad, unit);
  if (!caps || !buffer) return;
  const auto sample = adopt(gst_sample_new(buffer.get(), caps.get(), nullptr, nullptr));
  for (const auto& viewer : *viewers) viewer->take(sample);
}

}  // namespace spacecast
