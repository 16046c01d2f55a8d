#include "pipelines/speaker_decoder.h"

#include <fmt/format.h>
#include <gst/app/gstappsink.h>

namespace spacecast {
namespace {

// No queue: decoding 20 ms of Opus is shorter than any hand-over.
constexpr const char* kAudio =
    "rtpopusdepay ! opusdec plc=true use-inband-fec=true "
    "! audio/x-raw,format=S16LE,rate=48000,layout=interleaved "
    "! appsink name=out sync=false async=false";

// The queue leaks packets rather than pictures: the depayloader notices the gap, drops what can no
// longer be decoded and asks for a keyframe. It holds a second at most, so that a machine that is
// too slow loses pictures and not its memory. Sizes are bounded before anything is decoded. The
// gate may have let the decoder miss parameter sets: the parser repeats them at every keyframe.
constexpr const char* kVideo =
    "queue leaky=downstream max-size-buffers=0 max-size-bytes=4194304 max-size-time=1000000000 "
    "! rtph264depay request-keyframe=true wait-for-keyframe=true "
    "! h264parse config-interval=-1 ! video/x-h264,width=[16,1920],height=[16,1920] "
    "! speakergate name=gate open=false "
    "! avdec_h264 max-threads=1 output-corrupt=false automatic-request-sync-points=true "
    "! video/x-raw,format=I420 ! appsink name=out sync=false async=false";

struct Output {
  MediaKind kind;
  std::shared_ptr<SpeakerFeed> feed;
  std::shared_ptr<KeyframePolicy> keyframes;
};

// Timestamps become running time, whatever the segment says; with rtpbin's they are so already.
Ref<GstSample> on_running_time(Ref<GstSample> sample) {
  GstBuffer* buffer = gst_sample_get_buffer(sample.get());
  const auto pts = GST_BUFFER_PTS(buffer);
  const auto running =
      gst_segment_to_running_time(gst_sample_get_segment(sample.get()), GST_FORMAT_TIME, pts);
  if (running == pts) return sample;
  const auto shifted = adopt(gst_buffer_copy(buffer));
  GST_BUFFER_PTS(shifted.get()) = running;
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  return adopt(gst_sample_new(shifted.get(), gst_sample_get_caps(sample.get()), &segment, nullptr));
}

GstFlowReturn take_sample(GstAppSink* sink, gpointer data) {
  const auto& output = *static_cast<Output*>(data);
  auto sample = adopt(gst_app_sink_pull_sample(sink));
  if (!sample || !gst_sample_get_buffer(sample.get())) return GST_FLOW_EOS;
  sample = on_running_time(std::move(sample));
  if (is_picture(output.kind)) {
    output.keyframes->picture(KeyframePolicy::Time(g_get_monotonic_time() * 1000));
  }
  output.feed->push(output.kind, std::move(sample));
  return GST_FLOW_OK;
}

}  // namespace

Result<SpeakerDecoder> make_speaker_decoder(MediaKind kind, std::shared_ptr<SpeakerFeed> feed,
                                            std::shared_ptr<KeyframePolicy> keyframes) {
  ErrorOut error;
  const char* description = is_picture(kind) ? kVideo : kAudio;
  Ref<GstElement> bin(gst_parse_bin_from_description(description, TRUE, error.out()));
  if (!bin || error) {
    return fail(ErrorCode::kInternal,
                fmt::format("speaker's decoder cannot be built: {}", error.message()));
  }
  const auto sink = adopt(gst_bin_get_by_name(GST_BIN(bin.get()), "out"));
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = take_sample;
  gst_app_sink_set_callbacks(GST_APP_SINK(sink.get()), &callbacks,
                             new Output{kind, std::move(feed), std::move(keyframes)},
                             [](gpointer data) { delete static_cast<Output*>(data); });
  return SpeakerDecoder{.bin = bin, .gate = adopt(gst_bin_get_by_name(GST_BIN(bin.get()), "gate"))};
}

}  // namespace spacecast
