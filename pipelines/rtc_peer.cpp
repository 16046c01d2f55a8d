#include "pipelines/rtc_peer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ids.h"
#include "gstx/probe.h"
#include "gstx/promise.h"

namespace spacecast {
namespace {

using Description = Owned<GstWebRTCSessionDescription, gst_webrtc_session_description_free>;
// Not a Ref: what webrtcbin has may be floating, and sinking it would take it away.
using Borrowed = Owned<GObject, g_object_unref>;

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

Borrowed get_object(gpointer of, const char* property) {
  GObject* object = nullptr;
  g_object_get(of, property, &object, nullptr);
  return Borrowed(object);
}

// The number of the transceiver's section; none while it has no section yet.
std::size_t section_of(GObject* transceiver) {
  guint section = 0;
  g_object_get(transceiver, "mlineindex", &section, nullptr);
  return section;
}

// The section that a pad's RTP belongs to. webrtcbin goes by the SSRCs that the offer announces,
// and takes what is not announced for the first section's; the payload type still tells sound from
// picture.
std::optional<std::size_t> section_of(GstPad* pad, const std::vector<OfferedMedia>& offered) {
  const auto caps = adopt(gst_pad_get_current_caps(pad));
  if (!caps || gst_caps_is_empty(caps.get())) return std::nullopt;
  const char* media = gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), "media");
  const bool picture = g_strcmp0(media, "video") == 0;
  const auto section = section_of(get_object(pad, "transceiver").get());
  if (section < offered.size() && is_picture(offered[section].kind) == picture) return section;
  const auto first = std::ranges::find_if(
      offered, [&](const OfferedMedia& one) { return is_picture(one.kind) == picture; });
  if (first == offered.end()) return std::nullopt;
  return static_cast<std::size_t>(first - offered.begin());
}

void prepare(GObject* transceiver, const OfferedMedia& media, GstCaps* codec) {
  g_object_set(transceiver, "codec-preferences", codec, "do-nack",
               media.retransmission_payload.has_value(), nullptr);
}

}  // namespace

// From any thread: runs a closure on the loop, unless the peer is gone by then.
class RtcPeer::Mail {
 public:
  Mail(std::shared_ptr<Loop> loop, std::weak_ptr<RtcPeer*> peer)
      : loop_(std::move(loop)), peer_(std::move(peer)) {}

  template <typename F>
  void post(F action) const {
    loop_->post([peer = peer_, action = std::move(action)]() mutable {
      if (const auto self = peer.lock()) action(**self);
    });
  }

 private:
  std::shared_ptr<Loop> loop_;
  std::weak_ptr<RtcPeer*> peer_;
};

Result<std::unique_ptr<RtcPeer>> RtcPeer::create(Options options, Playout playout,
                                                 std::shared_ptr<Loop> loop,
                                                 std::shared_ptr<Teardown> teardown,
                                                 Events events) {
  std::unique_ptr<RtcPeer> peer(new RtcPeer(std::move(options), playout, std::move(loop),
                                            std::move(teardown), std::move(events)));
  if (const auto built = peer->build(); !built) return std::unexpected(built.error());
  return peer;
}

RtcPeer::RtcPeer(Options options, Playout playout, std::shared_ptr<Loop> loop,
                 std::shared_ptr<Teardown> teardown, Events events)
    : options_(std::move(options)),
      playout_(playout),
      loop_(std::move(loop)),
      teardown_(std::move(teardown)),
      events_(std::move(events)),
      check_(std::make_shared<PeerCheck>(options_.offer.fingerprints)),
      self_(std::make_shared<RtcPeer*>(this)) {}

RtcPeer::~RtcPeer() {
  self_.reset();
  signals_.clear();
  webrtc_.reset();
  if (!pipeline_) return;
  bus_ = BusWatch();
  teardown_->remove(std::move(pipeline_));
}

RtcPeer::Mail RtcPeer::mail() const {
  return {loop_, self_};
}

Result<void> RtcPeer::build() {
  pipeline_ = Ref<GstElement>(gst_pipeline_new(nullptr));
  bus_ = BusWatch(pipeline_.get(), *loop_, [this](GstMessage* message) { on_message(message); });
  webrtc_ = Ref<GstElement>(gst_element_factory_make("webrtcbin", nullptr));
  if (!webrtc_) {
    return fail(ErrorCode::kInternal,
                "webrtcbin is missing: install gstreamer1.0-plugins-bad and gstreamer1.0-nice");
  }
  g_object_set(webrtc_.get(), "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, "latency",
               static_cast<guint>(options_.jitter_buffer.count()), nullptr);
  if (const auto ice = restrict_ice(webrtc_.get(), options_.ice); !ice) return ice;
  const auto rtpbin = adopt(gst_bin_get_by_name(GST_BIN(webrtc_.get()), "rtpbin"));
  // Sender reports say what belongs together: what was sent at one time, or what was recorded at
  // one time.
  g_object_set(rtpbin.get(), "max-streams", kStreamsMax, "max-ts-offset", kSyncOffsetMax,
               "max-ts-offset-adjustment", kSyncStepMax, "rtcp-sync-send-time",
               playout_ == Playout::kApart, nullptr);
  // rtpbin's own name for us would have the host's in it (RFC 7022 §3).
  const OwnedStructure description(gst_structure_new("application/x-rtp-source-sdes", "cname",
                                                     G_TYPE_STRING, random_id().c_str(), nullptr));
  g_object_set(rtpbin.get(), "sdes", description.get(), nullptr);
  gst_bin_add(bin(), webrtc_.get());
  // Timestamps here are the program's running time from the first packet on.
  gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), options_.clock.get());
  gst_element_set_base_time(pipeline_.get(), options_.base_time);
  gst_element_set_start_time(pipeline_.get(), GST_CLOCK_TIME_NONE);
  connect_signals();
  return {};
}

void RtcPeer::connect_signals() {
  // On webrtcbin's thread, while it makes the answer; not for those that send() makes, which have
  // no section yet.
  signals_.push_back(
      Signal::connect(webrtc_.get(), "on-new-transceiver",
                      [offered = options_.offer.media](GstElement*, GObject* transceiver) {
                        const auto section = section_of(transceiver);
                        if (section >= offered.size()) return;
                        const auto& media = offered[section];
                        prepare(transceiver, media, codec_preferences(media).get());
                      }));
  const auto on_change = [&](const char* property, void (RtcPeer::*handler)()) {
    signals_.push_back(Signal::connect(webrtc_.get(), property,
                                       [mail = mail(), handler](GstElement*, GParamSpec*) {
                                         mail.post([handler](RtcPeer& peer) { (peer.*handler)(); });
                                       }));
  };
  on_change("notify::ice-gathering-state", &RtcPeer::on_gathering_state);
  on_change("notify::connection-state", &RtcPeer::on_connection_state);
}

// Before the offer is applied: 1.22 gives a section whose transceiver has no sink pad the direction
// recvonly.
Result<void> RtcPeer::send(std::size_t section, GstElement* source, guint32 ssrc,
                           ReportHandler on_report) {
  const auto& media = options_.offer.media[section];
  const auto codec = codec_preferences(media);
  gst_caps_set_simple(codec.get(), "ssrc", G_TYPE_UINT, ssrc, nullptr);
  GstPadTemplate* pads = gst_element_get_pad_template(webrtc_.get(), "sink_%u");
  // The name is the section's number.
  const auto sink = adopt(gst_element_request_pad(
      webrtc_.get(), pads, fmt::format("sink_{}", section).c_str(), codec.get()));
  const auto pad = adopt(gst_element_get_static_pad(source, "src"));
  if (!sink || gst_pad_link(pad.get(), sink.get()) != GST_PAD_LINK_OK) {
    return fail(ErrorCode::kInternal, fmt::format("section {} cannot be sent on", section));
  }
  const auto transceiver = get_object(sink.get(), "transceiver");
  if (media.direction == MediaDirection::kReceiveOnly) {
    g_object_set(transceiver.get(), "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
                 nullptr);
  }
  prepare(transceiver.get(), media, codec.get());
  if (on_report) report_handlers_.emplace_back(ssrc, std::move(on_report));
  return {};
}

Result<void> RtcPeer::start(MediaHandler received) {
  // On a streaming thread.
  signals_.push_back(
      Signal::connect(webrtc_.get(), "pad-added",
                      [offered = options_.offer.media, check = check_, life = life_, mail = mail(),
                       received = std::move(received)](GstElement*, GstPad* pad) {
                        const auto section = section_of(pad, offered);
                        if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC || !section) return;
                        const auto admit = [check, life, mail](GstPad*, GstPadProbeInfo*) {
                          const auto verdict = check->verdict();
                          if (verdict == PeerCheck::Verdict::kTrusted) {
                            life->note();
                            return GST_PAD_PROBE_OK;
                          }
                          if (verdict == PeerCheck::Verdict::kForeign) {
                            mail.post([](RtcPeer& peer) { peer.on_connection_state(); });
                          }
                          return GST_PAD_PROBE_DROP;
                        };
                        add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, admit);
                        add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER_LIST, admit);
                        received(*section, pad);
                      }));
  if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    return fail(ErrorCode::kInternal, "peer's pipeline does not start");
  }
  return negotiate();
}

Result<void> RtcPeer::negotiate() {
  GstSDPMessage* sdp = nullptr;
  if (gst_sdp_message_new_from_text(render_offer(options_.offer).c_str(), &sdp) != GST_SDP_OK) {
    return fail(ErrorCode::kInternal, "the offer was checked but GStreamer cannot parse it");
  }
  const Description offer(gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, sdp));
  auto promise = make_promise([mail = mail()](const GstStructure* reply) {
    mail.post([error = reply_error(reply)](RtcPeer& peer) {
      if (!error.empty()) return peer.report(Fault::kNegotiation, error);
      peer.create_answer();
    });
  });
  g_signal_emit_by_name(webrtc_.get(), "set-remote-description", offer.get(), promise.get());
  deadline_ = loop_->after(options_.answer_deadline, [this] { on_no_answer(); });
  return {};
}

// libnice 0.1.21 tries every port of the range; without one the gathering neither ends nor fails.
void RtcPeer::on_no_answer() {
  if (local_description_set_ && !options_.ice.any_port()) {
    return report(Fault::kNoAnswer, fmt::format("no UDP port from {} to {} is free",
                                                options_.ice.port_min, options_.ice.port_max));
  }
  report(Fault::kNoAnswer, fmt::format("no answer within {} ms", options_.answer_deadline.count()));
}

void RtcPeer::create_answer() {
  auto promise = make_promise([mail = mail()](const GstStructure* reply) {
    GstWebRTCSessionDescription* answer = nullptr;
    if (reply) {
      gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, nullptr);
    }
    mail.post([error = reply_error(reply), answer = Description(answer)](RtcPeer& peer) {
      if (!answer) return peer.report(Fault::kNegotiation, error);
      peer.apply_answer(answer.get());
    });
  });
  g_signal_emit_by_name(webrtc_.get(), "create-answer", nullptr, promise.get());
}

void RtcPeer::apply_answer(GstWebRTCSessionDescription* answer) {
  auto promise = make_promise([mail = mail()](const GstStructure* reply) {
    mail.post([error = reply_error(reply)](RtcPeer& peer) {
      if (!error.empty()) return peer.report(Fault::kNegotiation, error);
      peer.local_description_set_ = true;
      peer.watch_transport();
      peer.on_gathering_state();
    });
  });
  g_signal_emit_by_name(webrtc_.get(), "set-local-description", answer, promise.get());
}

void RtcPeer::watch_transport() {
  GObject* transceiver = nullptr;
  g_signal_emit_by_name(webrtc_.get(), "get-transceiver", 0, &transceiver);
  const Borrowed owned(transceiver);
  const auto receiver = get_object(transceiver, "receiver");
  const auto transport = get_object(receiver.get(), "transport");
  check_->set_transport(transport.get());

  const auto rtpbin = adopt(gst_bin_get_by_name(GST_BIN(webrtc_.get()), "rtpbin"));
  GObject* session = nullptr;
  g_signal_emit_by_name(rtpbin.get(), "get-internal-session", 0, &session);
  const Borrowed session_owned(session);
  // Somebody who neither speaks nor shows anything still sends reports.
  signals_.push_back(
      Signal::connect(session, "on-receiving-rtcp",
                      [life = life_, handlers = report_handlers_](GObject*, GstBuffer* packet) {
                        life->note();
                        for (const auto& [ssrc, on_report] : handlers) {
                          if (const auto report = report_on(packet, ssrc)) on_report(*report);
                        }
                      }));
}

void RtcPeer::on_gathering_state() {
  const auto state = get_enum<GstWebRTCICEGatheringState>(webrtc_.get(), "ice-gathering-state");
  if (state != GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE || !local_description_set_ || answered_) {
    return;
  }
  GstWebRTCSessionDescription* description = nullptr;
  g_object_get(webrtc_.get(), "local-description", &description, nullptr);
  const Description owned(description);
  const OwnedString text(gst_sdp_message_as_text(description->sdp));
  answered_ = true;
  deadline_.stop();
  // Copied, as in report().
  const auto answered = events_.answered;
  answered(
      with_public_address(complete_answer(text.get(), options_.offer, playout_), options_.ice));
}

void RtcPeer::on_connection_state() {
  const auto state = get_enum<GstWebRTCPeerConnectionState>(webrtc_.get(), "connection-state");
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

void RtcPeer::on_message(GstMessage* message) {
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return;
  report(answered_ ? Fault::kMedia : Fault::kNegotiation, describe_fault(message));
}

void RtcPeer::report(Fault fault, std::string what) {
  if (failed_) return;
  failed_ = true;
  deadline_.stop();
  // Copied: the handler may destroy this object, and itself with it.
  const auto failed = events_.failed;
  failed(fault, std::move(what));
}

void RtcPeer::add_candidate(const std::string& candidate) {
  g_signal_emit_by_name(webrtc_.get(), "add-ice-candidate", 0, candidate.c_str());
}

}  // namespace spacecast
