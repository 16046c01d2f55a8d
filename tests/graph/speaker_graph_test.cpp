// Goal: a speaker's media reach the program with the program's timestamps; nothing of a peer that
// is not who made the offer does; and leaving leaves nothing behind. Method: a simulated speaker in
// the same process joins over 127.0.0.1; the program is a slot that writes down what it gets. Every
// wait ends with a condition or fails at a deadline.
#include "pipelines/speaker_graph.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/clip_loader.h"
#include "pipelines/simulated_speaker.h"
#include "studio/offer.h"
#include "tests/run_until.h"

using namespace spacecast;
using namespace std::chrono_literals;

namespace {

const bool initialised = (gst_init(nullptr, nullptr), true);

// What came to a slot; outlives it.
struct Record {
  std::mutex mutex;
  struct Arrival {
    GstClockTime pts;
    GstClockTime running_time;  // At arrival.
  };
  std::vector<Arrival> audio, video;
  std::vector<bool> camera;
  std::string video_caps;
  std::atomic<bool> freed = false;

  std::size_t audio_count() {
    const std::lock_guard lock(mutex);
    return audio.size();
  }
  std::size_t video_count() {
    const std::lock_guard lock(mutex);
    return video.size();
  }
};

class RecordingSlot : public ProgramSlot {
 public:
  RecordingSlot(std::shared_ptr<Record> record, Ref<GstClock> clock, GstClockTime base_time)
      : record_(std::move(record)), clock_(std::move(clock)), base_time_(base_time) {}
  ~RecordingSlot() override { record_->freed = true; }
  [[nodiscard]] unsigned index() const override { return 0; }
  void push_audio(Ref<GstSample> sample) override { add(record_->audio, sample.get()); }
  void push_video(Ref<GstSample> sample) override {
    add(record_->video, sample.get());
    const OwnedString caps(gst_caps_to_string(gst_sample_get_caps(sample.get())));
    const std::lock_guard lock(record_->mutex);
    record_->video_caps = caps.get();
  }
  void set_camera(bool on) override {
    const std::lock_guard lock(record_->mutex);
    record_->camera.push_back(on);
  }
  void push_screen(Ref<GstSample>) override {}
  void set_screen(bool) override {}
  void set_name(std::string) override {}
  void set_return(std::shared_ptr<ReturnSink>) override {}

 private:
  void add(std::vector<Record::Arrival>& to, GstSample* sample) {
    const auto now = gst_clock_get_time(clock_.get()) - base_time_;
    const std::lock_guard lock(record_->mutex);
    to.push_back({GST_BUFFER_PTS(gst_sample_get_buffer(sample)), now});
  }

  std::shared_ptr<Record> record_;
  Ref<GstClock> clock_;
  GstClockTime base_time_;
};

const std::shared_ptr<const Clip>& tone() {
  static const auto clip = load_audio_clip("tone", 0).value();
  return clip;
}

const std::shared_ptr<const Clip>& picture() {
  static const auto clip = load_video_clip("test", 0).value();
  return clip;
}

// Both ends of one session.
class Session {
 public:
  Session(
      std::shared_ptr<Loop> loop, std::shared_ptr<Teardown> teardown, bool camera,
      std::function<void(SpeakerOffer&)> alter = [](SpeakerOffer&) {}, bool watched = true)
      : loop_(std::move(loop)),
        teardown_(std::move(teardown)),
        alter_(std::move(alter)),
        watched_(watched) {
    auto created =
        SimulatedSpeaker::create({.audio = tone(),
                                  .video = camera ? picture() : nullptr,
                                  .receive = false,
                                  .ice_address = "127.0.0.1"},
                                 loop_,
                                 {.on_offer = [this](const std::string& sdp) { answer(sdp); },
                                  .on_connected = [this] { peer_connected = true; },
                                  .on_error = [](const Error&) {}});
    REQUIRE(created);
    peer = *created;
  }

  void leave() { graph.reset(); }
  [[nodiscard]] std::uint64_t keyframe_requests() const { return peer->report().keyframe_requests; }

  std::shared_ptr<SimulatedSpeaker> peer;
  std::unique_ptr<SpeakerGraph> graph;
  std::shared_ptr<Record> record = std::make_shared<Record>();
  std::string answer_sdp;
  bool peer_connected = false;
  bool connected = false;
  std::optional<SpeakerGraph::Fault> fault;

 private:
  void answer(const std::string& sdp) {
    auto offer = studio::read_offer(sdp, studio::Endpoint::kStage);
    INFO((offer ? std::string() : offer.error().message + "\n" + sdp));
    REQUIRE(offer);
    alter_(*offer);
    const auto clock = adopt(gst_system_clock_obtain());
    // As if the program had been running for a while.
    const auto base_time = gst_clock_get_time(clock.get()) - 100 * GST_SECOND;
    auto created = SpeakerGraph::create(
        {.offer = std::move(*offer),
         .clock = clock,
         .base_time = base_time,
         .ice = {.address = "127.0.0.1"}},
        std::make_unique<RecordingSlot>(record, clock, base_time), loop_, teardown_,
        {.answered =
             [this](const std::string& text) {
               answer_sdp = text;
               CHECK(peer->accept(text));
             },
         .connected = [this] { connected = true; },
         .failed = [this](SpeakerGraph::Fault what, const std::string&) { fault = what; }});
    REQUIRE(created);
    graph = std::move(*created);
    graph->set_watched(watched_);
  }

  std::shared_ptr<Loop> loop_;
  std::shared_ptr<Teardown> teardown_;
  std::function<void(SpeakerOffer&)> alter_;
  bool watched_;
};

struct Stage {
  std::shared_ptr<Loop> loop = Loop::create();
  std::shared_ptr<Teardown> teardown = std::make_shared<Teardown>();

  // Runs the loop until `done`; false at the deadline.
  bool until(const std::function<bool()>& done, std::chrono::seconds deadline = 20s) {
    return test::run_until(*loop, deadline, done);
  }
};

std::ptrdiff_t entries(const char* directory) {
  return std::distance(std::filesystem::directory_iterator(directory),
                       std::filesystem::directory_iterator());
}

}  // namespace

TEST_CASE("media arrive decoded, on the program's running time") {
  Stage stage;
  Session session(stage.loop, stage.teardown, true);
  REQUIRE(stage.until(
      [&] { return session.record->audio_count() > 50 && session.record->video_count() > 30; }));
  CHECK(session.connected);
  CHECK_FALSE(session.fault);
  CHECK(session.answer_sdp.find("a=recvonly") != std::string::npos);
  CHECK(session.answer_sdp.find("a=rtcp-mux-only") != std::string::npos);
  CHECK(session.answer_sdp.find("x-google-start-bitrate") != std::string::npos);
  const std::lock_guard lock(session.record->mutex);
  CHECK(session.record->video_caps.find("width=(int)1280") != std::string::npos);
  CHECK(session.record->video_caps.find("I420") != std::string::npos);
  for (const auto* arrivals : {&session.record->audio, &session.record->video}) {
    for (std::size_t i = 0; i < arrivals->size(); ++i) {
      const auto& arrival = (*arrivals)[i];
      CHECK(arrival.pts > 99 * GST_SECOND);
      // Lip sync may move one medium by half a second.
      CHECK(arrival.pts <= arrival.running_time + 500 * GST_MSECOND);
      if (i > 0) CHECK(arrival.pts >= (*arrivals)[i - 1].pts);
    }
  }
  const auto counts = session.graph->counts();
  CHECK(counts.audio_packets >= 50);
  CHECK(counts.video_packets >= 30);
}

TEST_CASE("of a peer with another certificate no packet is used, and the session fails") {
  Stage stage;
  Session session(stage.loop, stage.teardown, true, [](SpeakerOffer& offer) {
    for (auto& fingerprint : offer.fingerprints) fingerprint[0] = fingerprint[0] == 'A' ? 'B' : 'A';
  });
  // The peer is connected and sends: that is the hole that has to be closed.
  REQUIRE(stage.until([&] {
    return session.peer_connected && session.fault &&
           session.peer->report().audio_sent.packets > 30 &&
           session.peer->report().video_sent.packets > 30;
  }));
  CHECK(*session.fault == SpeakerGraph::Fault::kFingerprint);
  CHECK_FALSE(session.connected);
  const auto counts = session.graph->counts();
  CHECK(counts.audio_packets == 0);
  CHECK(counts.video_packets == 0);
  CHECK(session.record->audio_count() == 0);
  CHECK(session.record->video_count() == 0);
}

TEST_CASE("a muted speaker is received and not heard") {
  Stage stage;
  Session session(stage.loop, stage.teardown, false);
  REQUIRE(stage.until([&] { return session.record->audio_count() > 10; }));
  session.graph->set_muted(true);
  const auto heard = session.record->audio_count();
  const auto received = session.graph->counts().audio_packets;
  REQUIRE(stage.until([&] { return session.graph->counts().audio_packets > received + 30; }));
  CHECK(session.record->audio_count() <= heard + 1);  // One may have been under way.
  session.graph->set_muted(false);
  CHECK(stage.until([&] { return session.record->audio_count() > heard + 10; }));
}

TEST_CASE("the camera's switch reaches the program, and a picture follows") {
  Stage stage;
  Session session(stage.loop, stage.teardown, true);
  REQUIRE(stage.until([&] { return session.record->video_count() > 5; }));
  session.graph->set_camera(false);
  session.graph->set_camera(true);
  const auto seen = session.record->video_count();
  CHECK(stage.until([&] { return session.record->video_count() > seen + 10; }));
  const std::lock_guard lock(session.record->mutex);
  CHECK(session.record->camera == std::vector<bool>{false, true});
}

TEST_CASE("a picture is decoded only while it is watched, sound always") {
  Stage stage;
  Session session(stage.loop, stage.teardown, true, [](SpeakerOffer&) {}, false);
  const auto received = [&] { return session.graph->counts().video_packets; };
  REQUIRE(stage.until([&] { return session.graph && received() > 100; }));
  CHECK(session.record->video_count() == 0);
  CHECK(session.record->audio_count() > 0);
  // Three keyframes have gone by; none was asked for.
  REQUIRE(stage.until([&] { return session.record->audio_count() > 150; }));
  CHECK(session.record->video_count() == 0);
  CHECK(session.keyframe_requests() == 0);

  session.graph->set_watched(true);
  REQUIRE(stage.until([&] { return session.record->video_count() > 30; }));
  CHECK(session.keyframe_requests() == 1);
  session.graph->set_watched(false);
  // What was in the decoder may still come.
  auto packets = received();
  REQUIRE(stage.until([&] { return received() > packets + 10; }));
  const auto seen = session.record->video_count();
  packets = received();
  REQUIRE(stage.until([&] { return received() > packets + 100; }));
  CHECK(session.record->video_count() == seen);
  CHECK(session.keyframe_requests() == 1);
}

TEST_CASE("watched again and again, a speaker is asked for a keyframe once a second at most") {
  Stage stage;
  Session session(stage.loop, stage.teardown, true);
  REQUIRE(stage.until([&] { return session.record->video_count() > 5; }));
  const auto first = session.record->audio_count();
  const auto asked = session.keyframe_requests();
  bool watched = true;
  const Timer flicker = stage.loop->every(50ms, [&] {
    watched = !watched;
    session.graph->set_watched(watched);
  });
  // 150 blocks of sound are three seconds.
  REQUIRE(stage.until([&] { return session.record->audio_count() > first + 150; }));
  CHECK(session.keyframe_requests() > asked);
  CHECK(session.keyframe_requests() <= asked + 4);
}

TEST_CASE("leaving frees the slot at once") {
  Stage stage;
  Session session(stage.loop, stage.teardown, true);
  REQUIRE(stage.until([&] { return session.record->video_count() > 5; }));
  CHECK_FALSE(session.record->freed);
  session.leave();
  CHECK(session.record->freed);
  const auto seen = session.record->video_count();
  CHECK(stage.until([&] { return stage.teardown->running() == 0; }));
  CHECK(session.record->video_count() == seen);
  CHECK(stage.teardown->stuck() == 0);
}

TEST_CASE("fifty joins and leaves leave threads and descriptors where they were") {
  Stage stage;
  const auto round = [&](int i) {
    // With and without a camera; some leave before they are connected.
    Session session(stage.loop, stage.teardown, i % 2 == 0);
    const bool patient = i % 5 != 4;
    REQUIRE(stage.until(
        [&] { return patient ? session.record->audio_count() > 0 : !session.answer_sdp.empty(); }));
    session.leave();
    REQUIRE(stage.until([&] { return stage.teardown->running() == 0; }));
  };
  // What GLib and GStreamer keep for ever (thread pools, the registry) is there after a few.
  for (int i = 0; i < 5; ++i) round(i);
  const auto threads = entries("/proc/self/task");
  const auto descriptors = entries("/proc/self/fd");
  for (int i = 0; i < 50; ++i) round(i);
  // A thread that was joined may still be listed for a moment.
  CHECK(stage.until([&] {
    return entries("/proc/self/task") <= threads && entries("/proc/self/fd") <= descriptors;
  }));
  INFO("threads " << threads << " -> " << entries("/proc/self/task"));
  INFO("descriptors " << descriptors << " -> " << entries("/proc/self/fd"));
  CHECK(stage.teardown->stuck() == 0);
}
