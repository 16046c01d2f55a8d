// Goal: people on stage hear each other and nobody hears themselves; they and monitors see the
// program; and nothing that one of them asks for or fails to do changes the program or reaches
// another. Method: the program that ships, and peers in this process that join over 127.0.0.1 with
// real WebRTC; what comes back is decoded from RTP where it arrives. Every wait ends with a
// condition or fails at a deadline.
#include <fmt/format.h>
#include <gst/app/gstappsink.h>
#include <gst/video/video.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <numbers>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "gstx/probe.h"
#include "hls/store.h"
#include "pipelines/clip_loader.h"
#include "pipelines/monitor_graph.h"
#include "pipelines/program.h"
#include "pipelines/simulated_speaker.h"
#include "pipelines/speaker_graph.h"
#include "studio/offer.h"
#include "tests/run_until.h"

using namespace spacecast;
using namespace std::chrono_literals;

namespace {

const bool initialised = (gst_init(nullptr, nullptr), true);

constexpr std::size_t kRate = 48000;
// One second, so that every whole number of hertz is a bin of its own.
constexpr std::size_t kWindow = kRate;

std::string shipped_description() {
  std::ifstream file(std::string(std::getenv("SPACECAST_SOURCE")) + "/pipelines/program.launch");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// What a peer makes of what it is sent.
struct Received {
  std::mutex mutex;
  std::vector<float> sound;  // The left channel.
  std::atomic<unsigned> pictures = 0;
  std::atomic<int> width = 0, height = 0;
  Ref<GstPad> video_pad;  // Where RTP of the picture comes in.

  std::size_t heard() {
    const std::lock_guard lock(mutex);
    return sound.size();
  }
  void forget_sound() {
    const std::lock_guard lock(mutex);
    sound.clear();
  }
  // How loud a tone is in the last second, in dB of full scale.
  double level(double frequency) {
    const std::lock_guard lock(mutex);
    REQUIRE(sound.size() >= kWindow);
    const float* last = sound.data() + sound.size() - kWindow;
    std::complex<double> sum = 0;
    for (std::size_t i = 0; i < kWindow; ++i) {
      const double phase = 2 * std::numbers::pi * static_cast<double>(i);
      const double window = 1 - std::cos(phase / static_cast<double>(kWindow));
      sum += window * last[i] * std::polar(1.0, -phase * frequency / kRate);
    }
    return 20 * std::log10(2 * std::abs(sum) / static_cast<double>(kWindow) + 1e-9);
  }
};

GstFlowReturn take(GstAppSink* sink, gpointer data) {
  auto& received = *static_cast<std::shared_ptr<Received>*>(data)->get();
  const auto sample = adopt(gst_app_sink_pull_sample(sink));
  if (!sample) return GST_FLOW_EOS;
  const auto* format = gst_caps_get_structure(gst_sample_get_caps(sample.get()), 0);
  if (gst_structure_has_name(format, "video/x-raw")) {
    int width = 0;
    int height = 0;
    gst_structure_get_int(format, "width", &width);
    gst_structure_get_int(format, "height", &height);
    received.width = width;
    received.height = height;
    ++received.pictures;
    return GST_FLOW_OK;
  }
  GstMapInfo map;
  gst_buffer_map(gst_sample_get_buffer(sample.get()), &map, GST_MAP_READ);
  const auto* frames = reinterpret_cast<const float*>(map.data);
  {
    const std::lock_guard lock(received.mutex);
    for (std::size_t i = 0; i + 1 < map.size / sizeof(float); i += 2) {
      received.sound.push_back(frames[i]);
    }
  }
  gst_buffer_unmap(gst_sample_get_buffer(sample.get()), &map);
  return GST_FLOW_OK;
}

std::function<Ref<GstElement>(bool)> decode_into(const std::shared_ptr<Received>& received) {
  return [received](bool audio) {
    const char* chain = audio ? "rtpopusdepay ! opusdec plc=true ! audioconvert ! "
                                "audio/x-raw,format=F32LE,channels=2 ! "
                                "appsink name=out sync=false async=false"
                              : "rtph264depay ! h264parse ! avdec_h264 max-threads=1 ! "
                                "appsink name=out sync=false async=false";
    const Ref<GstElement> bin(gst_parse_bin_from_description(chain, TRUE, nullptr));
    const auto sink = adopt(gst_bin_get_by_name(GST_BIN(bin.get()), "out"));
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = take;
    gst_app_sink_set_callbacks(
        GST_APP_SINK(sink.get()), &callbacks, new std::shared_ptr<Received>(received),
        [](gpointer data) { delete static_cast<std::shared_ptr<Received>*>(data); });
    if (!audio) received->video_pad = adopt(gst_element_get_static_pad(bin.get(), "sink"));
    return bin;
  };
}

// Half a minute, so that no seam of a loop is heard.
std::shared_ptr<const Clip> tone(int frequency) {
  const std::string file = fmt::format(
      "{}/tone-{}-{}.wav", std::filesystem::temp_directory_path().c_str(), frequency, getpid());
  const auto launch = fmt::format(
      "audiotestsrc freq={} volume=0.25 num-buffers=1500 samplesperbuffer=960 ! "
      "audio/x-raw,format=S16LE,rate=48000,channels=1 ! wavenc ! filesink location={}",
      frequency, file);
  const Ref<GstElement> pipeline(gst_parse_launch(launch.c_str(), nullptr));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const auto bus = adopt(gst_element_get_bus(pipeline.get()));
  const auto end = adopt(gst_bus_timed_pop_filtered(
      bus.get(), 30 * GST_SECOND, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  auto clip = load_audio_clip(file, 0);
  std::filesystem::remove(file);
  REQUIRE(clip);
  return *clip;
}

std::shared_ptr<const Clip> picture(unsigned pattern) {
  static std::array<std::shared_ptr<const Clip>, 4> clips;
  auto& clip = clips.at(pattern);
  if (!clip) clip = load_video_clip("test", pattern).value();
  return clip;
}

// The loop and the program.
struct Stage {
  std::shared_ptr<Loop> loop = Loop::create();
  std::shared_ptr<Teardown> teardown = std::make_shared<Teardown>();
  std::shared_ptr<hls::Store> store = *hls::Store::create({});
  std::unique_ptr<Program> program;
  std::vector<unsigned> watched;

  Stage() {
    auto created =
        Program::create({.description = shipped_description()}, loop, store,
                        {.on_air = [](const Program::OnAir&) {},
                         .talking = [](const std::vector<unsigned>&) {},
                         .watch = [this](const std::vector<unsigned>& slots) { watched = slots; },
                         .failed = [](const Error& error) { FAIL(error.message); }});
    REQUIRE(created);
    program = std::move(*created);
  }

  bool until(const std::function<bool()>& done, std::chrono::seconds deadline = 30s) {
    return test::run_until(*loop, deadline, done);
  }
};

// What of a speaker was decoded.
struct Decoded {
  std::atomic<unsigned> camera = 0, screen = 0;
  // Of the last picture's upper left corner, U and V: what tells the two apart.
  std::atomic<int> camera_colour = 0, screen_colour = 0;
};

// A slot of the program, with what goes into it counted.
class CountedSlot : public ProgramSlot {
 public:
  CountedSlot(std::unique_ptr<ProgramSlot> slot, std::shared_ptr<Decoded> decoded)
      : slot_(std::move(slot)), decoded_(std::move(decoded)) {}
  [[nodiscard]] unsigned index() const override { return slot_->index(); }
  void push_audio(Ref<GstSample> sample) override { slot_->push_audio(std::move(sample)); }
  void push_video(Ref<GstSample> sample) override {
    decoded_->camera_colour = colour(sample.get());
    ++decoded_->camera;
    slot_->push_video(std::move(sample));
  }
  void push_screen(Ref<GstSample> sample) override {
    decoded_->screen_colour = colour(sample.get());
    ++decoded_->screen;
    slot_->push_screen(std::move(sample));
  }
  void set_camera(bool on) override { slot_->set_camera(on); }
  void set_screen(bool on) override { slot_->set_screen(on); }
  void set_name(std::string name) override { slot_->set_name(std::move(name)); }
  void set_return(std::shared_ptr<ReturnSink> sink) override { slot_->set_return(std::move(sink)); }

 private:
  static int colour(GstSample* sample) {
    GstVideoInfo info;
    GstVideoFrame frame;
    gst_video_info_from_caps(&info, gst_sample_get_caps(sample));
    REQUIRE(gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ));
    const auto corner = [&](guint plane) {
      return *static_cast<const guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane)) / 4;
    };
    const int found = corner(1) * 64 + corner(2);
    gst_video_frame_unmap(&frame);
    return found;
  }

  const std::unique_ptr<ProgramSlot> slot_;
  const std::shared_ptr<Decoded> decoded_;
};

// Somebody who offers and is answered by a graph of ours.
template <typename Graph>
class Guest {
 public:
  using Make = std::function<Result<std::unique_ptr<Graph>>(SpeakerOffer, typename Graph::Events)>;

  Guest(const Stage& stage, studio::Endpoint endpoint, SimulatedSpeaker::Options options, Make make)
      : endpoint_(endpoint), make_(std::move(make)) {
    options.ice_address = "127.0.0.1";
    options.sink = decode_into(received);
    auto created =
        SimulatedSpeaker::create(std::move(options), stage.loop,
                                 {.on_offer = [this](const std::string& sdp) { answer(sdp); },
                                  .on_connected = [] {},
                                  .on_error = [](const Error& error) { FAIL(error.message); }});
    REQUIRE(created);
    peer = *created;
  }

  std::shared_ptr<Received> received = std::make_shared<Received>();
  std::shared_ptr<SimulatedSpeaker> peer;
  std::unique_ptr<Graph> graph;
  std::string answer_sdp;
  bool connected = false;
  // Off: the peer is not told the answer.
  bool telling = true;
  std::optional<RtcPeer::Fault> fault;

 private:
  void answer(const std::string& sdp) {
    auto offer = studio::read_offer(sdp, endpoint_);
    INFO((offer ? std::string() : offer.error().message + "\n" + sdp));
    REQUIRE(offer);
    auto created =
        make_(std::move(*offer),
              {.answered =
                   [this](const std::string& text) {
                     answer_sdp = text;
                     if (telling) CHECK(peer->accept(text));
                   },
               .connected = [this] { connected = true; },
               .failed = [this](RtcPeer::Fault what, const std::string&) { fault = what; }});
    REQUIRE(created);
    graph = std::move(*created);
  }

  studio::Endpoint endpoint_;
  Make make_;
};

class Speaker : public Guest<SpeakerGraph> {
 public:
  Speaker(const Stage& stage, SimulatedSpeaker::Options options,
          std::shared_ptr<Decoded> decoded = std::make_shared<Decoded>(), bool foreign = false)
      : Guest(stage, studio::Endpoint::kStage, std::move(options),
              [&stage, decoded, foreign](SpeakerOffer offer, SpeakerGraph::Events events) {
                auto& digit = offer.fingerprints.front().front();
                if (foreign) digit = digit == 'A' ? 'B' : 'A';
                auto slot = stage.program->acquire("Ada");
                REQUIRE(slot);
                return SpeakerGraph::create(
                    {.offer = std::move(offer),
                     .clock = stage.program->clock(),
                     .base_time = stage.program->base_time(),
                     .ice = {.address = "127.0.0.1"}},
                    std::make_unique<CountedSlot>(std::move(*slot), decoded), stage.loop,
                    stage.teardown, std::move(events));
              }) {}
};

class Monitor : public Guest<MonitorGraph> {
 public:
  explicit Monitor(const Stage& stage)
      : Guest(stage, studio::Endpoint::kWhep, {},
              [&stage](SpeakerOffer offer, MonitorGraph::Events events) {
                return MonitorGraph::create(
                    {.offer = std::move(offer),
                     .clock = stage.program->clock(),
                     .base_time = stage.program->base_time(),
                     .ice = {.address = "127.0.0.1"}},
                    [&stage](std::shared_ptr<ReturnSink> sink) {
                      return stage.program->monitor(std::move(sink));
                    },
                    stage.loop, stage.teardown, std::move(events));
              }) {}
};

// Where the program's keyframes are among its pictures, as every sink is told.
class KeyframeCounter : public ReturnSink {
 public:
  void take_audio(const Ref<GstSample>&) override {}
  void take_video(const Ref<GstSample>& unit) override {
    const std::lock_guard lock(mutex_);
    const bool delta =
        GST_BUFFER_FLAG_IS_SET(gst_sample_get_buffer(unit.get()), GST_BUFFER_FLAG_DELTA_UNIT);
    if (!delta) keyframes_.push_back(pictures_);
    ++pictures_;
  }
  std::vector<std::size_t> keyframes() {
    const std::lock_guard lock(mutex_);
    return keyframes_;
  }

 private:
  std::mutex mutex_;
  std::size_t pictures_ = 0;
  std::vector<std::size_t> keyframes_;
};

std::ptrdiff_t entries(const char* directory) {
  return std::distance(std::filesystem::directory_iterator(directory),
                       std::filesystem::directory_iterator());
}

}  // namespace

TEST_CASE("two on stage hear each other and not themselves, and see the program") {
  Stage stage;
  Speaker a(stage, {.audio = tone(440), .video = picture(0)});
  Speaker b(stage, {.audio = tone(880)});
  // A second in which the other is heard and one's own voice is not. On a machine with too much to
  // do there are others, with gaps.
  const auto hears = [](Received& received, double other, double own) {
    if (received.heard() < 3 * kWindow) return false;
    const double level = received.level(other);
    return level > -20 && received.level(own) < level - 50;
  };
  REQUIRE(stage.until([&] { return hears(*a.received, 880, 440); }));
  REQUIRE(stage.until([&] { return hears(*b.received, 440, 880); }));
  REQUIRE(stage.until([&] { return a.received->pictures > 30; }));
  CHECK(a.received->width == 1280);
  CHECK(a.received->height == 720);
  // B has no camera, and so no section for a picture.
  CHECK(b.received->pictures == 0);
  CHECK(a.graph->counts().returned.dropped == 0);
  // Two streams: a browser would hold the sound back for the picture otherwise.
  CHECK(a.answer_sdp.contains("a=msid:stage sound"));
  CHECK(a.answer_sdp.contains("a=msid:program picture"));
}

TEST_CASE("a monitor is sent everybody's sound and the picture, in step") {
  Stage stage;
  Speaker a(stage, {.audio = tone(440)});
  Speaker b(stage, {.audio = tone(880)});
  Monitor monitor(stage);
  REQUIRE(stage.until([&] {
    return monitor.received->heard() > kWindow && monitor.received->level(440) > -20 &&
           monitor.received->level(880) > -20;
  }));
  REQUIRE(stage.until([&] { return monitor.received->pictures > 30; }));
  CHECK(monitor.received->width == 1280);
  CHECK(monitor.answer_sdp.contains("a=msid:program sound"));
  CHECK(monitor.answer_sdp.contains("a=msid:program picture"));
  CHECK_FALSE(monitor.answer_sdp.contains("a=sendrecv"));
  CHECK_FALSE(monitor.answer_sdp.contains("a=recvonly"));
  // It is known to be there by its reports alone.
  CHECK(stage.until([&] { return monitor.graph->counts().silence.has_value(); }));
}

TEST_CASE("nothing is sent to a peer with another certificate than the offer's") {
  Stage stage;
  Speaker a(stage, {.audio = tone(440), .video = picture(0)}, std::make_shared<Decoded>(), true);
  // It is connected and sends, for more than a group of the program's pictures.
  REQUIRE(stage.until([&] { return a.fault && a.peer->report().video_sent.packets > 300; }));
  CHECK(*a.fault == RtcPeer::Fault::kFingerprint);
  CHECK(a.graph->counts().returned.audio_packets == 0);
  CHECK(a.graph->counts().returned.video_units == 0);
  CHECK(a.peer->report().audio_received.packets == 0);
  CHECK(a.peer->report().video_received.packets == 0);
}

TEST_CASE("a peer that asks for keyframes changes nothing for the others") {
  constexpr std::size_t kGroup = 30;  // key-int-max of program.launch
  Stage stage;
  Speaker a(stage, {.audio = tone(440), .video = picture(0)});
  REQUIRE(stage.until([&] { return a.received->pictures > 10; }));
  const auto counter = std::make_shared<KeyframeCounter>();
  const auto subscription = stage.program->monitor(counter);
  const Timer asking = stage.loop->every(40ms, [&] {
    gst_pad_push_event(a.received->video_pad.get(),
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
  });
  REQUIRE(stage.until([&] {
    return counter->keyframes().size() > 4 && a.graph->counts().returned.keyframe_requests > 3;
  }));
  const auto keyframes = counter->keyframes();
  for (std::size_t i = 1; i < keyframes.size(); ++i) {
    CHECK(keyframes[i] - keyframes[i - 1] == kGroup);
  }
}

TEST_CASE("a shared screen is decoded while it is on and watched, beside the camera") {
  Stage stage;
  const auto decoded = std::make_shared<Decoded>();
  Speaker a(stage, {.audio = tone(440), .video = picture(0), .screen = picture(1)}, decoded);
  REQUIRE(stage.until([&] { return a.graph && a.graph->counts().video_packets > 300; }));
  a.graph->set_watched(true);
  REQUIRE(stage.until([&] { return decoded->camera > 30; }));
  CHECK(decoded->screen == 0);
  // Who shares a screen is in the picture, so the program has them watched.
  a.graph->set_watched(false);
  a.graph->set_screen(true);
  REQUIRE(stage.until([&] { return stage.watched == std::vector{0U}; }));
  a.graph->set_watched(true);
  REQUIRE(stage.until([&] { return decoded->screen > 30 && decoded->camera > 60; }));
  CHECK(decoded->screen_colour != decoded->camera_colour);
  a.graph->set_screen(false);
  // What was in the decoder may still come.
  auto camera = decoded->camera.load();
  REQUIRE(stage.until([&] { return decoded->camera > camera + 10; }));
  const auto screen = decoded->screen.load();
  camera = decoded->camera;
  REQUIRE(stage.until([&] { return decoded->camera > camera + 30; }));
  CHECK(decoded->screen == screen);
}

TEST_CASE(
    "a hundred peers who were sent to leave threads, descriptors and pipelines where they were") {
  Stage stage;
  const auto round = [&](int i) {
    // Speakers and monitors; some leave before the peer has the answer, some as soon as they
    // hear something, and few wait for a picture.
    const auto served = [&](auto& guest) {
      // A webrtcbin 1.22 that goes while it applies an answer may leave its sockets behind; that
      // would be the test's own one.
      guest.telling = i % 5 != 4;
      REQUIRE(stage.until([&] {
        if (!guest.telling) return !guest.answer_sdp.empty();
        return guest.received->heard() > 0 && (i % 5 != 0 || guest.received->pictures > 0);
      }));
      guest.graph.reset();
    };
    if (i % 2 == 0) {
      Speaker speaker(stage, {.audio = tone(440), .video = picture(0)});
      served(speaker);
    } else {
      Monitor monitor(stage);
      served(monitor);
    }
    REQUIRE(stage.until([&] { return stage.teardown->running() == 0; }));
  };
  for (int i = 0; i < 10; ++i) round(i);
  const auto threads = entries("/proc/self/task");
  const auto descriptors = entries("/proc/self/fd");
  for (int i = 0; i < 100; ++i) round(i);
  // A thread that was joined may still be listed for a moment.
  const bool gone = stage.until([&] {
    return entries("/proc/self/task") <= threads && entries("/proc/self/fd") <= descriptors;
  });
  INFO("threads " << threads << " -> " << entries("/proc/self/task"));
  INFO("descriptors " << descriptors << " -> " << entries("/proc/self/fd"));
  CHECK(gone);
  CHECK(stage.teardown->stuck() == 0);
}
