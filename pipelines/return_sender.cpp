#include "pipelines/return_sender.h"

#include <fmt/format.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include <chrono>

#include "gstx/probe.h"

namespace spacecast {
namespace {

// What a peer's own thread may lag behind the program's. Of sound the oldest goes first; a picture
// that is missing takes those that build on it along.
constexpr guint64 kSoundBacklogMax = 200 * GST_MSECOND;
constexpr guint64 kPictureBacklogMax = 500 * GST_MSECOND;

// The payloaders describe the stream itself: x264's profile, libopus' stereo. webrtcbin 1.22 sends
// nothing whose description is not the one that was negotiated, so that one is put in its place.
std::string audio_chain(const OfferedMedia& media, guint32 ssrc) {
  return fmt::format(
      "appsrc name=source format=time is-live=true leaky-type=downstream max-buffers=0 max-bytes=0 "
      "max-time={0} ! rtpopuspay pt={1} ssrc={2} ! capssetter replace=true "
      "caps=application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload={1},"
      "ssrc=(uint){2}",
      kSoundBacklogMax, media.payload, ssrc);
}

std::string video_chain(const OfferedMedia& media, guint32 ssrc) {
  return fmt::format(
      "appsrc name=source format=time is-live=true max-buffers=0 max-bytes=0 max-time=0 "
      "! rtph264pay pt={0} ssrc={1} config-interval=-1 aggregate-mode=zero-latency mtu=1200 "
      "! capssetter replace=true caps=application/x-rtp,media=video,encoding-name=H264,"
      "clock-rate=90000,payload={0},packetization-mode=(string)1,profile-level-id=(string){2},"
      "ssrc=(uint){1}",
      media.payload, ssrc, media.profile_level_id);
}

PicturePause::Time now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace

Result<std::shared_ptr<ReturnSender>> ReturnSender::create(RtcPeer& peer) {
  std::shared_ptr<ReturnSender> sender(new ReturnSender(peer.check()));
  const auto& media = peer.offer().media;
  for (std::size_t section = 0; section < media.size(); ++section) {
    if (!media[section].wants_return()) continue;
    if (const auto added = sender->add(peer, section); !added) {
      return std::unexpected(added.error());
    }
  }
  return sender->audio_ || sender->video_ ? sender : nullptr;
}

Result<void> ReturnSender::add(RtcPeer& peer, std::size_t section) {
  const auto& media = peer.offer().media[section];
  const bool picture = is_picture(media.kind);
  const guint32 ssrc = g_random_int();
  const auto chain = picture ? video_chain(media, ssrc) : audio_chain(media, ssrc);
  ErrorOut error;
  const Ref<GstElement> bin(gst_parse_bin_from_description(chain.c_str(), TRUE, error.out()));
  if (!bin || error) {
    return fail(ErrorCode::kInternal,
                fmt::format("peer's payloader cannot be built: {}", error.message()));
  }
  const auto end = adopt(gst_element_get_static_pad(bin.get(), "src"));
  add_probe(end.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
            [requests = keyframe_requests_](GstPad*, GstPadProbeInfo* info) {
              if (!gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info))) {
                return GST_PAD_PROBE_OK;
              }
              ++*requests;
              return GST_PAD_PROBE_DROP;
            });
  gst_bin_add(peer.bin(), bin.get());
  (picture ? video_ : audio_) = adopt(gst_bin_get_by_name(GST_BIN(bin.get()), "source"));
  return peer.send(
      section, bin.get(), ssrc,
      picture ? [pause = pause_](const ReceiverReport& report) { pause->report(report, now()); }
              : RtcPeer::ReportHandler());
}

void ReturnSender::take_audio(const Ref<GstSample>& packet) {
  if (!audio_ || !trusted()) return;
  gst_app_src_push_sample(GST_APP_SRC(audio_.get()), packet.get());
  ++audio_packets_;
}

void ReturnSender::take_video(const Ref<GstSample>& unit) {
  if (!video_ || !trusted()) return;
  GstAppSrc* source = GST_APP_SRC(video_.get());
  const bool delta =
      GST_BUFFER_FLAG_IS_SET(gst_sample_get_buffer(unit.get()), GST_BUFFER_FLAG_DELTA_UNIT);
  const bool lagging = gst_app_src_get_current_level_time(source) > kPictureBacklogMax;
  const bool paused = pause_->paused(now());
  if (lagging || paused || (needs_keyframe_ && delta)) {
    needs_keyframe_ = true;
    if (!paused) ++dropped_;
    return;
  }
  needs_keyframe_ = false;
  gst_app_src_push_sample(source, unit.get());
  ++video_units_;
}

ReturnSender::Counts ReturnSender::counts() const {
  return {.audio_packets = audio_packets_,
          .video_units = video_units_,
          .dropped = dropped_,
          .keyframe_requests = *keyframe_requests_};
}

}  // namespace spacecast
