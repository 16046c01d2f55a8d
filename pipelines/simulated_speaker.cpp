#include "pipelines/simulated_speaker.h"

#include <fmt/format.h>
#define GST_USE_UNSTABLE_API
#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "gstx/ice.h"
#include "gstx/probe.h"

namespace spacecast {
namespace {

// Sequence numbers further apart are of a stream that started anew, not of packets that were lost.
constexpr std::uint16_t kStepMax = 1000;

// rtph264pay writes the stream's own profile-level-id (x264: 42c01f), which is the same profile as
// the offered one in other bits (RFC 6184 §8.1), and webrtcbin 1.22 sends nothing unless both are
// equal. The SSRC is in the offer, because it is what tells a camera's packets from a screen's.
std::string video_chain(std::string_view name, int payload, guint32 ssrc) {
  return fmt::format(
      "appsrc name={0}_source format=time is-live=true "
      "caps=video/x-h264,stream-format=byte-stream,alignment=au "
      "! clocksync ! valve name={0}_valve drop-mode=forward-sticky-events "
      "! rtph264pay pt={1} ssrc={2} config-interval=-1 aggregate-mode=zero-latency "
      "mtu=1200 ! capssetter name={0}_rtp "
      "caps=application/x-rtp,profile-level-id=(string)42e01f,ssrc=(uint){2} ! peer. ",
      name, payload, ssrc);
}
constexpr std::string_view kAudioChain =
    "appsrc name=audio_source format=time is-live=true "
    "caps=audio/x-opus,channel-mapping-family=0,rate=48000,channels=2 "
    "! clocksync ! valve name=audio_valve drop-mode=forward-sticky-events "
    "! rtpopuspay name=audio_rtp pt=111 ! peer. ";

constexpr int kAudioPayload = 111;
constexpr int kVideoPayload = 102;
constexpr int kScreenPayload = 104;

Ref<GstCaps> codec(bool audio, int payload) {
  const auto text = audio ? fmt::format(
                                "application/x-rtp,media=audio,encoding-name=OPUS,"
                                "clock-rate=48000,payload={}",
                                payload)
                          : fmt::format(
                                "application/x-rtp,media=video,encoding-name=H264,"
                                "clock-rate=90000,payload={},profile-level-id=(string)42e01f,"
                                "packetization-mode=(string)1",
                                payload);
  return adopt(gst_caps_from_string(text.c_str()));
}

// webrtcbin 1.22 may never report that gathering is complete; host candidates are there long
// before.
constexpr std::chrono::milliseconds kGatheringMax{2000};

Ref<GstElement> child(const Ref<GstElement>& bin, const char* name) {
  return adopt(gst_bin_get_by_name(GST_BIN(bin.get()), name));
}

// Refused media have port 0 (RFC 3264 §6).
Result<void> check_answer(const GstSDPMessage* answer, std::size_t offered) {
  if (gst_sdp_message_medias_len(answer) != offered) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the answer has {} media, the offer {}",
                            gst_sdp_message_medias_len(answer), offered));
  }
  for (unsigned i = 0; i < offered; ++i) {
    const GstSDPMedia* media = gst_sdp_message_get_media(answer, i);
    if (gst_sdp_media_get_port(media) == 0) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the answer refuses our {}", gst_sdp_media_get_media(media)));
    }
  }
  return {};
}

}  // namespace

Traffic SimulatedSpeaker::Counter::now() const {
  return {packets.load(), bytes.load(), missing.load(),
          std::chrono::microseconds(longest_gap_us.load())};
}

SimulatedSpeaker::SimulatedSpeaker(Options options, std::shared_ptr<Loop> loop, Handlers handlers)
    : options_(std::move(options)), loop_(std::move(loop)), handlers_(std::move(handlers)) {}

Result<std::shared_ptr<SimulatedSpeaker>> SimulatedSpeaker::create(Options options,
                                                                   std::shared_ptr<Loop> loop,
                                                                   Handlers handlers) {
  const bool monitor = !options.audio && !options.video && options.receive;
  if (!options.video && (options.screen || (!options.audio && !monitor))) {
    return fail(ErrorCode::kInvalidArgument, "a speaker needs audio or video to offer");
  }
  auto speaker = std::shared_ptr<SimulatedSpeaker>(
      new SimulatedSpeaker(std::move(options), std::move(loop), std::move(handlers)));
  if (auto built = speaker->build(); !built) return std::unexpected(built.error());
  return speaker;
}

SimulatedSpeaker::~SimulatedSpeaker() {
  over_ = true;
  signals_.clear();
  if (pipeline_) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

Result<void> SimulatedSpeaker::build() {
  std::string description = "webrtcbin name=peer bundle-policy=max-bundle ";
  if (options_.audio) description += kAudioChain;
  if (options_.video) description += video_chain("video", kVideoPayload, g_random_int());
  if (options_.screen) description += video_chain("screen", kScreenPayload, g_random_int());
  ErrorOut error;
  const Ref<GstElement> parsed(gst_parse_launch(description.c_str(), error.out()));
  if (!parsed || error) return fail(ErrorCode::kInternal, error.message());
  pipeline_ = parsed;
  if (!GST_IS_PIPELINE(parsed.get())) {
    // A monitor's webrtcbin alone.
    pipeline_ = Ref<GstElement>(gst_pipeline_new(nullptr));
    gst_bin_add(GST_BIN(pipeline_.get()), parsed.get());
  }
  peer_ = child(pipeline_, "peer");
  // With the time at which packets were to be sent, which is the default, 1.22's sender reports are
  // wrong until the pipeline's latency is known, and here nobody asks for it.
  g_object_set(child(pipeline_, "rtpbin").get(), "rtcp-sync-send-time", FALSE, nullptr);
  if (auto restricted = restrict_ice(peer_.get(), {.address = options_.ice_address}); !restricted)
    return restricted;
  prepare_transceivers();
  play("audio", options_.audio, counters_->audio_sent);
  play("video", options_.video, counters_->video_sent);
  play("screen", options_.screen, counters_->video_sent);

  bus_ = BusWatch(pipeline_.get(), *loop_, [this](GstMessage* message) { on_message(message); });
  connect_signals();
  if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    return fail(ErrorCode::kInternal, "the speaker's pipeline does not start");
  }
  loop_->post(on_loop(&SimulatedSpeaker::create_offer));
  return {};
}

void SimulatedSpeaker::play(const char* name, std::shared_ptr<const Clip> clip, Counter& sent) {
  if (!clip) return;
  const auto source = child(pipeline_, fmt::format("{}_source", name).c_str());
  const bool picture = clip != options_.audio;
  players_.push_back(ClipPlayer::create(source, std::move(clip)));
  const auto rtp = child(pipeline_, fmt::format("{}_rtp", name).c_str());
  count(adopt(gst_element_get_static_pad(rtp.get(), "src")).get(), counters_, sent);
  if (!picture) return;
  answer_keyframe_requests(adopt(gst_element_get_static_pad(source.get(), "src")).get(),
                           players_.back());
}

// The peer's PLI and FIR come as events to the source.
void SimulatedSpeaker::answer_keyframe_requests(GstPad* source,
                                                std::shared_ptr<ClipPlayer> player) {
  add_probe(source, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
            [counters = counters_, player = std::move(player)](GstPad*, GstPadProbeInfo* info) {
              if (gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info))) {
                ++counters->keyframe_requests;
                player->repeat_group();
              }
              return GST_PAD_PROBE_OK;
            });
}

// Elements of a launch line are linked in the order of their sections.
void SimulatedSpeaker::prepare_transceivers() {
  if (!options_.audio && !options_.video) return add_receivers();
  for (sections_ = 0;; ++sections_) {
    GstWebRTCRTPTransceiver* raw = nullptr;
    g_signal_emit_by_name(peer_.get(), "get-transceiver", static_cast<int>(sections_), &raw);
    const auto transceiver = adopt(raw);
    if (!transceiver) return;
    const bool audio = options_.audio && sections_ == 0;
    const bool screen = options_.screen && sections_ == (options_.audio ? 2U : 1U);
    const int payload = audio ? kAudioPayload : screen ? kScreenPayload : kVideoPayload;
    g_object_set(transceiver.get(), "codec-preferences", codec(audio, payload).get(), "direction",
                 options_.receive && !screen ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDRECV
                                             : GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
                 nullptr);
  }
}

void SimulatedSpeaker::add_receivers() {
  for (const bool audio : {true, false}) {
    GstWebRTCRTPTransceiver* transceiver = nullptr;
    g_signal_emit_by_name(peer_.get(), "add-transceiver",
                          GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY,
                          codec(audio, audio ? kAudioPayload : kVideoPayload).get(), &transceiver);
    gst_object_unref(transceiver);
    ++sections_;
  }
}

// A closure for loop_->post() that does nothing once this is gone.
template <typename F>
std::function<void()> SimulatedSpeaker::on_loop(F action) {
  return [weak = weak_from_this(), action] {
    if (const auto self = weak.lock()) std::invoke(action, *self);
  };
}

void SimulatedSpeaker::connect_signals() {
  const auto posted = [this](auto action) {
    return [loop = loop_, task = on_loop(action)](GObject*, GParamSpec*) { loop->post(task); };
  };
  signals_.push_back(Signal::connect(peer_.get(), "notify::ice-gathering-state",
                                     posted(&SimulatedSpeaker::on_gathering_state)));
  signals_.push_back(Signal::connect(peer_.get(), "notify::connection-state",
                                     posted(&SimulatedSpeaker::on_connection_state)));
  // On a thread of webrtcbin's: the counter and a sink must be in place before the first packet.
  signals_.push_back(Signal::connect(
      peer_.get(), "pad-added",
      [counters = counters_, bin = pipeline_.get(), make_sink = options_.sink](GstElement*,
                                                                               GstPad* pad) {
        if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;
        const auto caps = adopt(gst_pad_get_current_caps(pad));
        const char* media =
            caps ? gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), "media")
                 : nullptr;
        const bool audio = media && std::string_view(media) == "audio";
        count(pad, counters, audio ? counters->audio_received : counters->video_received);
        auto sink = make_sink ? make_sink(audio) : Ref<GstElement>();
        if (!sink) {
          sink = Ref<GstElement>(gst_element_factory_make("fakesink", nullptr));
          g_object_set(sink.get(), "async", FALSE, "sync", FALSE, nullptr);
        }
        gst_bin_add(GST_BIN(bin), sink.get());
        const auto sink_pad = adopt(gst_element_get_static_pad(sink.get(), "sink"));
        gst_pad_link(pad, sink_pad.get());
        gst_element_sync_state_with_parent(sink.get());
      }));
}

// Each step's answer comes on webrtcbin's own thread and is posted back: `next` where it is there.
void SimulatedSpeaker::ask(const char* action, void* argument,
                           void (SimulatedSpeaker::*next)(GstPromise*)) {
  struct Answer {
    std::shared_ptr<Loop> loop;
    std::weak_ptr<SimulatedSpeaker> speaker;
    void (SimulatedSpeaker::*next)(GstPromise*);
  };
  const auto on_answer = [](GstPromise* raw, gpointer data) {
    const auto& answer = *static_cast<Answer*>(data);
    answer.loop->post(
        [promise = Ref<GstPromise>(raw), speaker = answer.speaker, next = answer.next] {
          if (const auto self = speaker.lock()) (self.get()->*next)(promise.get());
        });
  };
  const auto promise = adopt(
      gst_promise_new_with_change_func(on_answer, new Answer{loop_, weak_from_this(), next},
                                       [](gpointer data) { delete static_cast<Answer*>(data); }));
  g_signal_emit_by_name(peer_.get(), action, argument, promise.get());
}

void SimulatedSpeaker::create_offer() {
  ask("create-offer", nullptr, &SimulatedSpeaker::on_offer);
}

void SimulatedSpeaker::on_offer(GstPromise* promise) {
  GstWebRTCSessionDescription* offer = nullptr;
  if (gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED) {
    gst_structure_get(gst_promise_get_reply(promise), "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                      &offer, nullptr);
  }
  if (!offer) {
    give_up({ErrorCode::kInternal, "webrtcbin made no offer"});
    return;
  }
  ask("set-local-description", offer, &SimulatedSpeaker::on_described);
  gst_webrtc_session_description_free(offer);
}

// Gathering has begun.
void SimulatedSpeaker::on_described(GstPromise*) {
  if (!offered_) gathering_ = loop_->after(kGatheringMax, on_loop(&SimulatedSpeaker::send_offer));
}

void SimulatedSpeaker::on_gathering_state() {
  GstWebRTCICEGatheringState state{};
  g_object_get(peer_.get(), "ice-gathering-state", &state, nullptr);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE) send_offer();
}

void SimulatedSpeaker::send_offer() {
  if (offered_ || over_) return;
  offered_ = true;
  gathering_.stop();
  GstWebRTCSessionDescription* offer = nullptr;
  g_object_get(peer_.get(), "local-description", &offer, nullptr);
  if (!offer) {
    give_up({ErrorCode::kInternal, "webrtcbin did not take its own offer"});
    return;
  }
  const OwnedString text(gst_sdp_message_as_text(offer->sdp));
  gst_webrtc_session_description_free(offer);
  handlers_.on_offer(text.get());
}

Result<void> SimulatedSpeaker::accept(const std::string& answer) {
  GstSDPMessage* sdp = nullptr;
  if (answer.empty() || gst_sdp_message_new_from_text(answer.c_str(), &sdp) != GST_SDP_OK) {
    return fail(ErrorCode::kInvalidArgument, "the answer is no SDP");
  }
  if (auto checked = check_answer(sdp, sections_); !checked) {
    gst_sdp_message_free(sdp);
    return checked;
  }
  GstWebRTCSessionDescription* description =
      gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
  g_signal_emit_by_name(peer_.get(), "set-remote-description", description, nullptr);
  gst_webrtc_session_description_free(description);
  return {};
}

void SimulatedSpeaker::on_connection_state() {
  GstWebRTCPeerConnectionState state{};
  g_object_get(peer_.get(), "connection-state", &state, nullptr);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED ||
      state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED) {
    give_up({ErrorCode::kIo, connected_ ? "the connection was lost" : "no connection came about"});
  } else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED && !connected_ && !over_) {
    connected_ = true;
    start_media();
    handlers_.on_connected();
  }
}

void SimulatedSpeaker::start_media() {
  if (players_.empty()) return;
  MediaTime period = options_.period;
  if (period == MediaTime::zero()) {
    for (const auto& player : players_) period = std::max(period, player->clip().length());
  }
  const MediaTime phase = options_.phase() % period;
  const MediaTime now(
      static_cast<std::int64_t>(gst_element_get_current_running_time(pipeline_.get())));
  for (const auto& player : players_) player->start(now, period, phase);
}

void SimulatedSpeaker::on_message(GstMessage* message) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    give_up({ErrorCode::kInternal, describe_fault(message)});
  }
}

void SimulatedSpeaker::give_up(Error error) {
  if (std::exchange(over_, true)) return;
  handlers_.on_error(std::move(error));
}

SimulatedSpeaker::Report SimulatedSpeaker::report() const {
  return {counters_->audio_sent.now(), counters_->video_sent.now(), counters_->audio_received.now(),
          counters_->video_received.now(), counters_->keyframe_requests.load()};
}

// Behind what paces, and before what numbers packets.
void SimulatedSpeaker::hold(MediaKind kind, bool held) {
  const char* name = kind == MediaKind::kAudio   ? "audio_valve"
                     : kind == MediaKind::kVideo ? "video_valve"
                                                 : "screen_valve";
  if (const auto valve = child(pipeline_, name)) g_object_set(valve.get(), "drop", held, nullptr);
}

void SimulatedSpeaker::count(GstPad* pad, std::shared_ptr<Counters> counters, Counter& counter) {
  // One stream of RTP.
  struct Probe {
    std::shared_ptr<Counters> owner;
    Counter& counter;
    std::uint16_t last_number = 0;
    std::int64_t last_us = 0;  // 0: none yet.

    void add(GstBuffer* packet) {
      const std::int64_t now = g_get_monotonic_time();
      std::uint16_t number = 0;  // RFC 3550 §5.1: the third and fourth byte.
      gst_buffer_extract(packet, 2, &number, sizeof number);
      number = g_ntohs(number);
      if (last_us != 0) {
        counter.longest_gap_us = std::max(counter.longest_gap_us.load(), now - last_us);
        const auto step = static_cast<std::uint16_t>(number - last_number);
        if (step > 0 && step < kStepMax) counter.missing += step - 1u;
      }
      last_us = now;
      last_number = number;
      ++counter.packets;
      counter.bytes += gst_buffer_get_size(packet);
    }
  };
  gst_pad_add_probe(
      pad, GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
      [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        auto& probe = *static_cast<Probe*>(data);
        if ((info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) != 0) {
          GstBufferList* list = GST_PAD_PROBE_INFO_BUFFER_LIST(info);
          for (guint i = 0; i < gst_buffer_list_length(list); ++i) {
            probe.add(gst_buffer_list_get(list, i));
          }
        } else {
          probe.add(GST_PAD_PROBE_INFO_BUFFER(info));
        }
        return GST_PAD_PROBE_OK;
      },
      new Probe{std::move(counters), counter},
      [](gpointer data) { delete static_cast<Probe*>(data); });
}

}  // namespace spacecast
