#include "pipelines/speaker_inlet.h"

#include <gst/video/video.h>

#include "gstx/probe.h"

namespace spacecast {
namespace {

KeyframePolicy::Time now() {
  return std::chrono::microseconds(g_get_monotonic_time());
}

GstEvent* keyframe_request() {
  return gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0);
}

}  // namespace

SpeakerInlet::SpeakerInlet(MediaKind kind, SpeakerDecoder decoder,
                           std::shared_ptr<SpeakerFeed> feed,
                           std::shared_ptr<KeyframePolicy> keyframes)
    : kind_(kind),
      decoder_(std::move(decoder)),
      sink_(adopt(gst_element_get_static_pad(decoder_.bin.get(), "sink"))),
      feed_(std::move(feed)),
      keyframes_(std::move(keyframes)) {
  set_watched(false);
}

void SpeakerInlet::link(GstPad* source) {
  const auto self = shared_from_this();
  for (const auto type : {GST_PAD_PROBE_TYPE_BUFFER, GST_PAD_PROBE_TYPE_BUFFER_LIST}) {
    add_probe(source, type,
              [self](GstPad* pad, GstPadProbeInfo* info) { return self->on_packets(pad, info); });
  }
  add_probe(source, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, [self](GstPad*, GstPadProbeInfo* info) {
    if (!gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info))) {
      return GST_PAD_PROBE_OK;
    }
    return self->keyframes_->request(now()) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
  });
  if (const auto old = adopt(gst_pad_get_peer(sink_.get()))) {
    gst_pad_unlink(old.get(), sink_.get());
  }
  gst_pad_link(source, sink_.get());
}

void SpeakerInlet::request_keyframe() {
  gst_pad_push_event(sink_.get(), keyframe_request());
}

void SpeakerInlet::set_watched(bool watched) {
  if (!decoder_.gate) return;
  // Before the gate, which asks for a keyframe when it opens.
  keyframes_->set_watched(watched, now());
  if (watched) watched_ = true;
  g_object_set(decoder_.gate.get(), "open", watched, nullptr);
  if (!watched) watched_ = false;
}

GstPadProbeReturn SpeakerInlet::on_packets(GstPad* source, GstPadProbeInfo* info) {
  const bool list = (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER_LIST) != 0;
  const guint packets = list ? gst_buffer_list_length(GST_PAD_PROBE_INFO_BUFFER_LIST(info)) : 1;
  for (guint i = 0; i < packets; ++i) feed_->count_packet(kind_);
  if (is_picture(kind_) && keyframes_->packet(now())) {
    gst_pad_send_event(source, keyframe_request());
  }
  // What the gate would drop costs less here. The depayloader takes the gap for a loss, and waits
  // for a keyframe.
  return decoder_.gate && !watched_ ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

}  // namespace spacecast
