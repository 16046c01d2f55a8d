#include "pipelines/speaker_graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "gstx/promise.h"
#include "pipelines/speaker_decoder.h"

namespace spacecast {
namespace {

using Description = Owned<GstWebRTCSessionDescription, gst_webrtc_session_description_free>;

// A sender has one SSRC a medium and one for retransmissions, and may start anew; past this a peer
// only makes us spend threads.
constexpr guint kStreamsMax = 16;
// Audio and picture of one speaker are brought in step by sender reports. A correction larger than
// this is a clock that jumped (a client that stops its timestamps while muted), not a delay.
constexpr gint64 kSyncOffsetMax = 500 * GST_MSECOND;
constexpr guint64 kSyncStepMax = 10 * GST_MSECOND;

// What the answer's section has to say, as webrtcbin's transceivers want it: the offer's numbers
// for payload and header extensions. Without it 1.22 answers with no extension at all, and so
// without congestion control.
Ref<GstCaps> codec_preferences(const OfferedMedia& media) {
  const bool audio = media.kind == MediaKind::kAudio;
  auto caps = adopt(gst_caps_new_simple(
      "application/x-rtp", "media", G_TYPE_STRING, audio ? "audio" : "video", "encoding-name",
      G_TYPE_STRING, audio ? "OPUS" : "H264", "clock-rate", G_TYPE_INT, audio ? 48000 : 90000,
      "payload", G_TYPE_INT, media.payload, nullptr));
  if (!audio) {
    gst_caps_set_simple(caps.get(), "packetization-mode", G_TYPE_STRING, "1", "profile-level-id",
                        G_TYPE_STRING, media.profile_level_id.c_str(), nullptr);
  }
  for (const auto& [id, uri] : media.extensions) {
    gst_caps_set_simple(caps.get(), fmt::format("extmap-{}", id).c_str(), G_TYPE_STRING,
                        uri.c_str(), nullptr);
  }
  return caps;
}

// The error of a promise's reply, empty where it worked.
std::string reply_error(const GstStructure* reply) {
  if (!reply || !gst_structure_has_field(reply, "error")) return {};
  ErrorOut error;
  gst_structure_get(reply, "error", G_TYPE_ERROR, error.out(), nullptr);
  return error.message();
}

template <typename T>
T get_enum(gpointer object, const char* property) {
  gint value = 0;
  g_object_get(object, property, &value, nullptr);
  return static_cast<T>(value);
}

Owned<GObject, g_object_unref> get_object(gpointer of, const char* property) {
  GObject* object = nullptr;
  g_object_get(of, property, &object, nullptr);
  return Owned<GObject, g_object_unref>(object);
}

}  // namespace

// From any thread: runs a closure on the loop, unless the graph is gone by then.
class SpeakerGraph::Mail {
 public:
  Mail(std::shared_ptr<Loop> loop, std::weak_ptr<SpeakerGraph*> graph)
      : loop_(std::move(loop)), graph_(std::move(graph)) {}

  template <typename F>
  void post(F action) const {
    loop_->post([graph = graph_, action = std::move(action)]() mutable {
      if (const auto self = graph.lock()) action(**self);
    });
  }

 private:
  std::shared_ptr<Loop> loop_;
  std::weak_ptr<SpeakerGraph*> graph_;
};

Result<std::unique_ptr<SpeakerGraph>> SpeakerGraph::create(Options options,
                                                           std::unique_ptr<ProgramSlot> slot,
                                                           std::shared_ptr<Loop> loop,
                                                           std::shared_ptr<Teardown> teardown,
                                                           Events events) {
  std::unique_ptr<SpeakerGraph> graph(new SpeakerGraph(std::move(options), std::move(slot),
                                                       std::move(loop), std::move(teardown),
                                                       std::move(events)));
  if (const auto built = graph->build(); !built) return std::unexpected(built.error());
  return graph;
}

SpeakerGraph::SpeakerGraph(Options options, std::unique_ptr<ProgramSlot> slot,
                           std::shared_ptr<Loop> loop, std::shared_ptr<Teardown> teardown,
                           Events events)
    : options_(std::move(options)),
      loop_(std::move(loop)),
      teardown_(std::move(teardown)),
      events_(std::move(events)),
      feed_(std::make_shared<SpeakerFeed>(std::move(slot))),
      check_(std::make_shared<PeerCheck>(options_.offer.fingerprints)),
      self_(std::make_shared<SpeakerGraph*>(this)) {}

SpeakerGraph::~SpeakerGraph() {
  self_.reset();
  feed_->close();
  signals_.clear();
  inlets_.clear();
  peer_.reset();
  if (!pipeline_) return;
  bus_ = BusWatch();
  teardown_->remove(std::move(pipeline_));
}

SpeakerGraph::Mail SpeakerGraph::mail() const {
  return {loop_, self_};
}

Result<void> SpeakerGraph::build() {
  pipeline_ = Ref<GstElement>(gst_pipeline_new(nullptr));
  bus_ = BusWatch(pipeline_.get(), *loop_, [this](GstMessage* message) { on_message(message); });
  peer_ = Ref<GstElement>(gst_element_factory_make("webrtcbin", nullptr));
  if (!peer_) {
    return fail(ErrorCode::kInternal,
                "webrtcbin is missing: install gstreamer1.0-plugins-bad and gstreamer1.0-nice");
  }
  g_object_set(peer_.get(), "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, "latency",
               static_cast<guint>(options_.jitter_buffer.count()), nullptr);
  if (const auto ice = restrict_ice(peer_.get(), options_.ice); !ice) return ice;
  const auto rtpbin = adopt(gst_bin_get_by_name(GST_BIN(peer_.get()), "rtpbin"));
  g_object_set(rtpbin.get(), "max-streams", kStreamsMax, "max-ts-offset", kSyncOffsetMax,
               "max-ts-offset-adjustment", kSyncStepMax, nullptr);
  gst_bin_add(GST_BIN(pipeline_.get()), peer_.get());
  for (const auto& media : options_.offer.media) {
    if (const auto added = add_decoder(media.kind); !added) return added;
  }
  // Timestamps here are the program's running time from the first packet on.
  gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), options_.clock.get());
  gst_element_set_base_time(pipeline_.get(), options_.base_time);
  gst_element_set_start_time(pipeline_.get(), GST_CLOCK_TIME_NONE);
  connect_signals();
  if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    return fail(ErrorCode::kInternal, "speaker's pipeline does not start");
  }
  return negotiate();
}

Result<void> SpeakerGraph::add_decoder(MediaKind kind) {
  auto keyframes = std::make_shared<KeyframePolicy>();
  auto decoder = make_speaker_decoder(kind, feed_, keyframes);
  if (!decoder) return std::unexpected(decoder.error());
  gst_bin_add(GST_BIN(pipeline_.get()), decoder->bin.get());
  inlets_.push_back(std::make_shared<SpeakerInlet>(
      kind, std::move(*decoder), feed_, check_, std::move(keyframes),
      [mail = mail()] { mail.post([](SpeakerGraph& graph) { graph.on_connection_state(); }); }));
  return {};
}

void SpeakerGraph::connect_signals() {
  // On webrtcbin's thread, while it applies the offer.
  signals_.push_back(Signal::connect(
      peer_.get(), "on-new-transceiver",
      [media = options_.offer.media](GstElement*, GObject* transceiver) {
        const bool audio = get_enum<GstWebRTCKind>(transceiver, "kind") == GST_WEBRTC_KIND_AUDIO;
        const auto found = std::ranges::find(media, audio ? MediaKind::kAudio : MediaKind::kVideo,
                                             &OfferedMedia::kind);
        if (found == media.end()) return;
        const auto caps = codec_preferences(*found);
        g_object_set(transceiver, "codec-preferences", caps.get(), "do-nack",
                     found->retransmission_payload.has_value(), nullptr);
      }));
  // On a streaming thread.
  signals_.push_back(
      Signal::connect(peer_.get(), "pad-added", [inlets = inlets_](GstElement*, GstPad* pad) {
        const auto caps = adopt(gst_pad_get_current_caps(pad));
        if (!caps || gst_caps_is_empty(caps.get())) return;
        const char* media =
            gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), "media");
        const bool audio = g_strcmp0(media, "audio") == 0;
        const auto found = std::ranges::find(inlets, audio ? MediaKind::kAudio : MediaKind::kVideo,
                                             &SpeakerInlet::kind);
        if (found != inlets.end()) (*found)->link(pad);
      }));
  const auto on_change = [&](const char* property, void (SpeakerGraph::*handler)()) {
    signals_.push_back(
        Signal::connect(peer_.get(), property, [mail = mail(), handler](GstElement*, GParamSpec*) {
          mail.post([handler](SpeakerGraph& graph) { (graph.*handler)(); });
        }));
  };
  on_change("notify::ice-gathering-state", &SpeakerGraph::on_gathering_state);
  on_change("notify::connection-state", &SpeakerGraph::on_connection_state);
}

Result<void> SpeakerGraph::negotiate() {
  GstSDPMessage* sdp = nullptr;
  if (gst_sdp_message_new_from_text(render_offer(options_.offer).c_str(), &sdp) != GST_SDP_OK) {
    return fail(ErrorCode::kInternal, "the offer was checked but GStreamer cannot parse it");
  }
  const Description offer(gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, sdp));
  auto promise = make_promise([mail = mail()](const GstStructure* reply) {
    mail.post([error = reply_error(reply)](SpeakerGraph& graph) {
      if (!error.empty()) return graph.report(Fault::kNegotiation, error);
      graph.create_answer();
    });
  });
  g_signal_emit_by_name(peer_.get(), "set-remote-description", offer.get(), promise.get());
  deadline_ = loop_->after(options_.answer_deadline, [this] { on_no_answer(); });
  return {};
}

// libnice 0.1.21 tries every port of the range; without one the gathering neither ends nor fails.
void SpeakerGraph::on_no_answer() {
  if (local_description_set_ && !options_.ice.any_port()) {
    return report(Fault::kNoPort, fmt::format("no UDP port from {} to {} is free",
                                              options_.ice.port_min, options_.ice.port_max));
  }
  report(Fault::kNegotiation,
         fmt::format("no answer within {} ms", options_.answer_deadline.count()));
}

void SpeakerGraph::create_answer() {
  auto promise = make_promise([mail = mail()](const GstStructure* reply) {
    GstWebRTCSessionDescription* answer = nullptr;
    if (reply) {
      gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, nullptr);
    }
    mail.post([error = reply_error(reply), answer = Description(answer)](SpeakerGraph& graph) {
      if (!answer) return graph.report(Fault::kNegotiation, error);
      graph.apply_answer(answer.get());
    });
  });
  g_signal_emit_by_name(peer_.get(), "create-answer", nullptr, promise.get());
}

void SpeakerGraph::apply_answer(GstWebRTCSessionDescription* answer) {
  auto promise = make_promise([mail = mail()](const GstStructure* reply) {
    mail.post([error = reply_error(reply)](SpeakerGraph& graph) {
      if (!error.empty()) return graph.report(Fault::kNegotiation, error);
      graph.local_description_set_ = true;
      graph.watch_transport();
      graph.on_gathering_state();
    });
  });
  g_signal_emit_by_name(peer_.get(), "set-local-description", answer, promise.get());
}

void SpeakerGraph::watch_transport() {
  GObject* transceiver = nullptr;
  g_signal_emit_by_name(peer_.get(), "get-transceiver", 0, &transceiver);
  const Owned<GObject, g_object_unref> owned(transceiver);
  const auto receiver = get_object(transceiver, "receiver");
  const auto transport = get_object(receiver.get(), "transport");
  check_->set_transport(transport.get());

  const auto rtpbin = adopt(gst_bin_get_by_name(GST_BIN(peer_.get()), "rtpbin"));
  GObject* session = nullptr;
  g_signal_emit_by_name(rtpbin.get(), "get-internal-session", 0, &session);
  const Owned<GObject, g_object_unref> session_owned(session);
  // Somebody who neither speaks nor shows anything still sends reports.
  signals_.push_back(Signal::connect(session, "on-receiving-rtcp",
                                     [feed = feed_](GObject*, GstBuffer*) { feed->note_life(); }));
}

void SpeakerGraph::on_gathering_state() {
  const auto state = get_enum<GstWebRTCICEGatheringState>(peer_.get(), "ice-gathering-state");
  if (state != GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE || !local_description_set_ || answered_) {
    return;
  }
  GstWebRTCSessionDescription* description = nullptr;
  g_object_get(peer_.get(), "local-description", &description, nullptr);
  const Description owned(description);
  const OwnedString text(gst_sdp_message_as_text(description->sdp));
  answered_ = true;
  deadline_.stop();
  // Copied, as in report().
  const auto answered = events_.answered;
  answered(with_public_address(complete_answer(text.get(), options_.offer), options_.ice));
}

void SpeakerGraph::on_connection_state() {
  const auto state = get_enum<GstWebRTCPeerConnectionState>(peer_.get(), "connection-state");
  const auto verdict = answered_ ? check_->verdict() : PeerCheck::Verdict::kPending;
  if (verdict == PeerCheck::Verdict::kForeign) {
    report(Fault::kFingerprint, "the peer's certificate is not the one of the offer");
  } else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED && !connected_) {
    connected_ = true;
    const auto connected = events_.connected;
    connected();
  } else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED ||
             state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED) {
    report(Fault::kTransport, "the connection failed or was closed");
  }
}

void SpeakerGraph::on_message(GstMessage* message) {
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return;
  report(answered_ ? Fault::kMedia : Fault::kNegotiation, describe_fault(message));
}

void SpeakerGraph::report(Fault fault, std::string what) {
  if (failed_) return;
  failed_ = true;
  deadline_.stop();
  // Copied: the handler may destroy this object, and itself with it.
  const auto failed = events_.failed;
  failed(fault, std::move(what));
}

void SpeakerGraph::add_candidate(const std::string& candidate) {
  g_signal_emit_by_name(peer_.get(), "add-ice-candidate", 0, candidate.c_str());
}

void SpeakerGraph::set_camera(bool on) {
  feed_->set_camera(on);
  const auto video = std::ranges::find(inlets_, MediaKind::kVideo, &SpeakerInlet::kind);
  if (on && video != inlets_.end()) (*video)->request_keyframe();
}

void SpeakerGraph::set_watched(bool watched) {
  if (watched_ == watched) return;
  watched_ = watched;
  for (const auto& inlet : inlets_) inlet->set_watched(watched);
}

}  // namespace spacecast
