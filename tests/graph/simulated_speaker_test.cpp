// Goal: a simulated speaker offers what a server expects, connects over 127.0.0.1, and what it
// plays arrives and decodes, past the seam of its loop; it counts what comes back; and files that
// hold the right media are taken over byte by byte. Method: a webrtcbin of the test's own answers
// in the same process. Candidates are on 127.0.0.1 only, so nothing leaves the machine. Every wait
// ends with a condition or fails at a deadline.
#include "pipelines/simulated_speaker.h"

#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>

#include "gstx/ice.h"
#include "pipelines/clip_loader.h"
#include "tests/run_until.h"

using namespace spacecast;
using test::run_until;
using namespace std::chrono_literals;

namespace {

const bool initialised = (gst_init(nullptr, nullptr), true);

std::shared_ptr<const Clip> require_clip(Result<std::shared_ptr<const Clip>> loaded) {
  INFO((loaded ? std::string() : loaded.error().message));
  REQUIRE(loaded.has_value());
  return *loaded;
}

// Answers an offer and decodes what arrives.
class Answerer {
 public:
  explicit Answerer(const Loop& loop, bool send = false) {
    // One way back, so that what the speaker receives can be counted. The payloader's sprop-stereo
    // would differ from the offer's, and webrtcbin 1.22 would find no codec in common.
    const std::string description =
        send ? "webrtcbin name=peer bundle-policy=max-bundle audiotestsrc is-live=true ! opusenc ! "
               "rtpopuspay pt=111 ! capssetter replace=true caps="
               "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=111 ! "
               "peer."
             : "webrtcbin name=peer bundle-policy=max-bundle audiotestsrc num-buffers=0 ! fakesink";
    pipeline_ = Ref<GstElement>(gst_parse_launch(description.c_str(), nullptr));
    peer_ = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "peer"));
    REQUIRE(restrict_ice(peer_.get(), {.address = "127.0.0.1"}).has_value());
    if (send) prefer_opus();
    bus_ = BusWatch(pipeline_.get(), loop, [](GstMessage*) {});
    pads_ = Signal::connect(peer_.get(), "pad-added",
                            [this](GstElement*, GstPad* pad) { decode(pad); });
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  }
  ~Answerer() {
    pads_.disconnect();
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  }

  std::string answer(const std::string& offer) {
    GstSDPMessage* sdp = nullptr;
    REQUIRE(gst_sdp_message_new_from_text(offer.c_str(), &sdp) == GST_SDP_OK);
    GstWebRTCSessionDescription* remote =
        gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, sdp);
    call("set-remote-description", remote);
    gst_webrtc_session_description_free(remote);

    const auto promise = adopt(gst_promise_new());
    g_signal_emit_by_name(peer_.get(), "create-answer", nullptr, promise.get());
    REQUIRE(gst_promise_wait(promise.get()) == GST_PROMISE_RESULT_REPLIED);
    GstWebRTCSessionDescription* local = nullptr;
    gst_structure_get(gst_promise_get_reply(promise.get()), "answer",
                      GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &local, nullptr);
    REQUIRE(local != nullptr);
    call("set-local-description", local);
    // The speaker's candidates are in its offer, so the answer needs none of its own: the speaker
    // learns this side's address from its checks (RFC 8445 §7.3.1.3).
    const OwnedString text(gst_sdp_message_as_text(local->sdp));
    gst_webrtc_session_description_free(local);
    return text.get();
  }

  std::atomic<int> pictures{0};
  std::atomic<int> samples{0};
  std::atomic<int> last_width{0};

 private:
  void call(const char* action, GstWebRTCSessionDescription* description) {
    const auto promise = adopt(gst_promise_new());
    g_signal_emit_by_name(peer_.get(), action, description, promise.get());
    REQUIRE(gst_promise_wait(promise.get()) == GST_PROMISE_RESULT_REPLIED);
  }

  // Without it webrtcbin 1.22 answers recvonly.
  void prefer_opus() {
    GstWebRTCRTPTransceiver* raw = nullptr;
    g_signal_emit_by_name(peer_.get(), "get-transceiver", 0, &raw);
    const auto transceiver = adopt(raw);
    const auto codec = adopt(gst_caps_from_string(
        "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=111"));
    g_object_set(transceiver.get(), "codec-preferences", codec.get(), nullptr);
  }

  // On a thread of webrtcbin's.
  void decode(GstPad* pad) {
    if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;
    const auto caps = adopt(gst_pad_get_current_caps(pad));
    const bool audio = std::string_view(gst_structure_get_string(
                           gst_caps_get_structure(caps.get(), 0), "media")) == "audio";
    GstElement* bin = gst_parse_bin_from_description(
        audio ? "rtpopusdepay ! opusdec ! fakesink name=sink sync=false async=false"
              : "rtph264depay ! avdec_h264 ! fakesink name=sink sync=false async=false",
        TRUE, nullptr);
    const auto sink = adopt(gst_bin_get_by_name(GST_BIN(bin), "sink"));
    const auto decoded = adopt(gst_element_get_static_pad(sink.get(), "sink"));
    gst_pad_add_probe(
        decoded.get(), GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad* of, GstPadProbeInfo*, gpointer data) {
          auto& self = *static_cast<Answerer*>(data);
          const auto format = adopt(gst_pad_get_current_caps(of));
          int width = 0;
          gst_structure_get_int(gst_caps_get_structure(format.get(), 0), "width", &width);
          if (width > 0) self.last_width = width;
          ++(width > 0 ? self.pictures : self.samples);
          return GST_PAD_PROBE_OK;
        },
        this, nullptr);
    gst_bin_add(GST_BIN(pipeline_.get()), bin);
    gst_element_sync_state_with_parent(bin);
    const auto target = adopt(gst_element_get_static_pad(bin, "sink"));
    gst_pad_link(pad, target.get());
  }

  Ref<GstElement> pipeline_;
  Ref<GstElement> peer_;
  BusWatch bus_;
  Signal pads_;
};

struct Session {
  std::string offer;
  bool connected = false;
  std::string error;
  std::shared_ptr<SimulatedSpeaker> speaker;
};

void join(Session& session, Answerer& answerer, const std::shared_ptr<Loop>& loop,
          SimulatedSpeaker::Options options) {
  options.ice_address = "127.0.0.1";
  auto created = SimulatedSpeaker::create(
      std::move(options), loop,
      {.on_offer =
           [&](std::string sdp) {
             session.offer = sdp;
             const auto accepted = session.speaker->accept(answerer.answer(sdp));
             if (!accepted) session.error = accepted.error().message;
           },
       .on_connected = [&] { session.connected = true; },
       .on_error = [&](Error error) { session.error = error.message; }});
  REQUIRE(created.has_value());
  session.speaker = *created;
}

std::size_t occurrences(const std::string& text, const std::string& of) {
  std::size_t count = 0;
  for (auto at = text.find(of); at != std::string::npos; at = text.find(of, at + 1)) ++count;
  return count;
}

// A file that is gone with its owner.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              ("spacecast-" + std::to_string(getpid()) + "-" + name)) {}
  ~ScratchFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

void produce(const std::string& description) {
  const Ref<GstElement> pipeline(gst_parse_launch(description.c_str(), nullptr));
  REQUIRE(pipeline);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const auto bus = adopt(gst_element_get_bus(pipeline.get()));
  const auto message = adopt(gst_bus_timed_pop_filtered(
      bus.get(), 60 * GST_SECOND, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  REQUIRE(message);
  CHECK(GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

}  // namespace

TEST_CASE("generated media are clips with a key frame every second") {
  const auto video = require_clip(load_video_clip("test", 2));
  CHECK(video->length() > 3999ms);  // Three frames of a third of 100 ms are a nanosecond short.
  CHECK(video->frames().size() == 120);
  CHECK(video->key_interval() <= 1s);
  const auto tone = require_clip(load_audio_clip("tone", 2));
  CHECK(tone->length() >= 5s);
  CHECK(tone->frames().front().duration == 20ms);
  CHECK(require_clip(load_audio_clip("silence", 0))->length() >= 5s);
}

TEST_CASE("a speaker is heard and seen past the end of its clips") {
  const auto loop = Loop::create();
  Answerer answerer(*loop);
  Session session;
  join(session, answerer, loop,
       {.audio = require_clip(load_audio_clip("tone", 0)),
        .video = require_clip(load_video_clip("test", 0)),
        .period = 400ms});
  // 400 ms hold 12 pictures and 20 packets: these come from the fourth turn at least.
  CHECK(run_until(*loop, 20s, [&] { return answerer.pictures > 40 && answerer.samples > 70; }));
  CHECK(session.error.empty());
  CHECK(session.connected);
  CHECK(answerer.last_width == 1280);
  const auto report = session.speaker->report();
  CHECK(report.audio_sent.packets > 70);
  CHECK(report.video_sent.packets > 40);
  CHECK(report.video_sent.bytes > report.audio_sent.bytes);
  CHECK(report.audio_received.packets == 0);
}

TEST_CASE("the offer says H.264 constrained baseline, Opus and 127.0.0.1 only") {
  const auto loop = Loop::create();
  Answerer answerer(*loop);
  Session session;
  join(session, answerer, loop,
       {.audio = require_clip(load_audio_clip("silence", 0)),
        .video = require_clip(load_video_clip("test", 0))});
  REQUIRE(run_until(*loop, 20s, [&] { return session.connected; }));
  const std::string& offer = session.offer;
  CHECK(occurrences(offer, "m=audio") == 1);
  CHECK(occurrences(offer, "m=video") == 1);
  CHECK(occurrences(offer, "profile-level-id=42e01f") == 1);
  CHECK(occurrences(offer, "packetization-mode=1") == 1);
  CHECK(occurrences(offer, "a=sendrecv") == 2);
  CHECK(occurrences(offer, "a=candidate") > 0);
  CHECK(occurrences(offer, "a=candidate") == occurrences(offer, " 127.0.0.1 "));
  CHECK(occurrences(offer, " TCP ") == 0);
}

TEST_CASE("a WHIP speaker offers sendonly, and only what it has") {
  const auto loop = Loop::create();
  Answerer answerer(*loop);
  Session session;
  join(session, answerer, loop,
       {.audio = require_clip(load_audio_clip("silence", 0)), .receive = false});
  REQUIRE(run_until(*loop, 20s, [&] { return answerer.samples > 10; }));
  CHECK(occurrences(session.offer, "m=video") == 0);
  CHECK(occurrences(session.offer, "a=sendonly") == 1);
}

TEST_CASE("what comes back is counted") {
  const auto loop = Loop::create();
  Answerer answerer(*loop, true);
  Session session;
  join(session, answerer, loop, {.audio = require_clip(load_audio_clip("silence", 0))});
  CHECK(
      run_until(*loop, 20s, [&] { return session.speaker->report().audio_received.packets > 10; }));
  CHECK(session.speaker->report().audio_received.bytes > 0);
}

TEST_CASE("bad answers are refused with a reason") {
  const auto loop = Loop::create();
  Session session;
  const auto created = SimulatedSpeaker::create(
      {.audio = require_clip(load_audio_clip("silence", 0)), .ice_address = "127.0.0.1"}, loop,
      {.on_offer = [&](std::string sdp) { session.offer = sdp; },
       .on_connected = [] {},
       .on_error = [](const Error&) {}});
  REQUIRE(created.has_value());
  REQUIRE(run_until(*loop, 20s, [&] { return !session.offer.empty(); }));
  CHECK_FALSE((*created)->accept("").has_value());
  CHECK_FALSE((*created)->accept("hello").has_value());
  std::string refusal = session.offer;
  const auto port = refusal.find("m=audio ") + 8;
  refusal.replace(port, refusal.find(' ', port) - port, "0");
  const auto refused = (*created)->accept(refusal);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message == "the answer refuses our audio");
}

TEST_CASE("an address that is none is refused") {
  const auto loop = Loop::create();
  const auto created = SimulatedSpeaker::create(
      {.audio = require_clip(load_audio_clip("silence", 0)), .ice_address = "here"}, loop,
      {.on_offer = [](const std::string&) {},
       .on_connected = [] {},
       .on_error = [](const Error&) {}});
  REQUIRE_FALSE(created.has_value());
  CHECK(created.error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("Opus and constrained baseline in a file are taken over, not encoded again") {
  ScratchFile file("taken.mkv");
  produce(
      "videotestsrc num-buffers=45 ! video/x-raw,width=320,height=180,framerate=15/1 ! "
      "x264enc bframes=0 key-int-max=15 ! video/x-h264,profile=constrained-baseline ! h264parse ! "
      "mux. audiotestsrc num-buffers=150 samplesperbuffer=960 ! audio/x-raw,channels=2,rate=48000 "
      "! opusenc ! mux. matroskamux name=mux ! filesink location=" +
      file.path());
  // 15 frames a second: what had been encoded again would have 30.
  const auto video = require_clip(load_video_clip(file.path(), 0));
  CHECK(video->frames().size() == 45);
  CHECK(video->key_interval() <= 1001ms);
  const auto audio = require_clip(load_audio_clip(file.path(), 0));
  CHECK(audio->frames().size() >= 150);
  CHECK(audio->frames().size() <= 152);
}

TEST_CASE("other codecs are encoded once, in the size and rate that goes out") {
  ScratchFile file("encoded.mkv");
  produce(
      "videotestsrc num-buffers=20 ! video/x-raw,width=320,height=240,framerate=10/1 ! vp8enc ! "
      "mux. audiotestsrc num-buffers=100 samplesperbuffer=882 ! audio/x-raw,rate=44100,channels=2 "
      "! "
      "flacenc ! mux. matroskamux name=mux ! filesink location=" +
      file.path());
  const auto video = require_clip(load_video_clip(file.path(), 0));
  CHECK(video->frames().size() >= 55);  // videorate does not repeat the last one.
  CHECK(video->frames().size() <= 61);
  CHECK(video->key_interval() <= 1001ms);
  CHECK(require_clip(load_audio_clip(file.path(), 0))->length() >= 1900ms);
}

TEST_CASE("what cannot be read says so") {
  const auto missing = load_video_clip("/nonexistent/file.mp4", 0);
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().message.find("/nonexistent/file.mp4") == 0);

  ScratchFile sound("sound.wav");
  produce("audiotestsrc num-buffers=10 ! wavenc ! filesink location=" + sound.path());
  CHECK_FALSE(load_video_clip(sound.path(), 0).has_value());
  CHECK(load_audio_clip(sound.path(), 0).has_value());
}
