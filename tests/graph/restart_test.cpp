// Goal: a worker leaves nothing behind. A hundred are started and ended in one process, four at a
// time; in every fifth round a speaker comes on stage whose sound and picture flow. Afterwards no
// object of GStreamer's is alive, and there are no more descriptors and threads than after the
// first ones, which fill what the libraries keep for good (GObjects that are not GStreamer's,
// sockets and loops for instance, show there). Method: the worker as `spacecast run` makes it, with
// a small picture; the speaker joins over HTTP; GStreamer's leaks tracer keeps the list of who is
// alive.
#include <gst/gst.h>
#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "app/whip_client.h"
#include "app/worker.h"
#include "pipelines/clip_loader.h"
#include "pipelines/simulated_speaker.h"
#include "tests/run_until.h"
#include "tests/unit/hls/temporary_directory.h"

using namespace spacecast;
using namespace std::chrono_literals;
using test::run_until;

namespace {

constexpr unsigned kRuns = 100;
constexpr unsigned kTogether = 4;  // Most of a run's time goes by in waiting for the last picture.
constexpr unsigned kSpeakerEvery = 5;
constexpr unsigned kWarmUp = 2;  // One of them with a speaker.
constexpr auto kDeadline = 20s;

const bool initialised = [] {
  setenv("GST_TRACERS", "leaks", 1);
  gst_init(nullptr, nullptr);
  return true;
}();

const std::filesystem::path kSource = getenv("SPACECAST_SOURCE");

Ref<GstTracer> leaks_tracer() {
  Ref<GstTracer> found;
  GList* tracers = gst_tracing_get_active_tracers();
  for (GList* entry = tracers; entry; entry = entry->next) {
    if (std::string_view(G_OBJECT_TYPE_NAME(entry->data)) == "GstLeaksTracer") {
      found = Ref(GST_TRACER(entry->data));
    }
  }
  g_list_free_full(tracers, gst_object_unref);
  return found;
}

// Every live object but the registry's own (plugins and their features, which live as long as the
// process), as "type name". The tracer leaves out what says of itself that it may be leaked.
std::vector<std::string> live_objects(GstTracer* tracer) {
  GstStructure* answer = nullptr;
  g_signal_emit_by_name(tracer, "get-live-objects", &answer);
  std::vector<std::string> objects;
  const GValue* list = gst_structure_get_value(answer, "live-objects-list");
  for (guint i = 0; list && i < gst_value_list_get_size(list); ++i) {
    const auto* entry = gst_value_get_structure(gst_value_list_get_value(list, i));
    const GValue* value = gst_structure_get_value(entry, "object");
    std::string text = G_VALUE_TYPE_NAME(value);
    if (G_VALUE_HOLDS(value, GST_TYPE_OBJECT)) {
      auto* object = static_cast<GstObject*>(g_value_get_object(value));
      if (GST_IS_PLUGIN(object) || GST_IS_PLUGIN_FEATURE(object)) continue;
      text += std::string(" ") + (GST_OBJECT_NAME(object) ? GST_OBJECT_NAME(object) : "");
    }
    objects.push_back(text);
  }
  std::ranges::sort(objects);
  // The answer is not released: GStreamer 1.22 puts the objects into it without a reference and
  // would take one from each.
  return objects;
}

std::ptrdiff_t entries(const char* directory) {
  return std::distance(std::filesystem::directory_iterator(directory), {});
}
std::ptrdiff_t descriptors() {
  return entries("/proc/self/fd");
}
std::ptrdiff_t threads() {
  return entries("/proc/self/task");
}

// Pools let go of their threads after a while.
bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

// The program that ships, its encoder in haste, and the pages.
class Installation {
 public:
  Installation() {
    std::ifstream file(kSource / "pipelines/program.launch");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::string preset = "speed-preset=veryfast";
    text.replace(text.find(preset), preset.size(), "speed-preset=ultrafast");
    directory_.write("program.launch", text);
    std::filesystem::create_directory_symlink(kSource / "src/web", directory_.path() / "web");
    setenv("SPACECAST_DATA_DIR", directory_.path().c_str(), 1);
  }
  [[nodiscard]] std::string program() const { return directory_.path() / "program.launch"; }

 private:
  hls::test::TemporaryDirectory directory_;
};

// Comes on stage, and is there until destroyed.
class Visitor {
 public:
  Visitor(std::shared_ptr<Loop> loop, std::uint16_t port)
      : url_("http://127.0.0.1:" + std::to_string(port) + "/spaces/test/stage?name=Ada") {
    static const auto audio = load_audio_clip("tone", 0).value();
    static const auto video = load_video_clip("test", 0).value();
    auto speaker = SimulatedSpeaker::create(
        {.audio = audio, .video = video, .ice_address = "127.0.0.1"}, loop,
        {.on_offer =
             [this](const std::string& sdp) {
               client_.post(url_, sdp, [this](Result<WhipClient::Session> session) {
                 failed = !session || !speaker_->accept(session->answer);
               });
             },
         .on_connected = [] {},
         .on_error = [this](const Error&) { failed = true; }});
    REQUIRE(speaker);
    speaker_ = *speaker;
  }
  // Media flow both ways.
  [[nodiscard]] bool on_stage() const {
    const auto report = speaker_->report();
    return report.video_sent.packets > 0 && report.audio_received.packets > 0;
  }

  bool failed = false;

 private:
  std::string url_;
  WhipClient client_{""};
  std::shared_ptr<SimulatedSpeaker> speaker_;
};

std::unique_ptr<Worker> start_worker(const Installation& installation,
                                     const std::shared_ptr<Loop>& loop, bool& broken) {
  auto worker =
      Worker::create({.space = "test",
                      .listen = {.host = "127.0.0.1", .port = 0},
                      .admin = {.host = "127.0.0.1", .port = 0},
                      .program_file = installation.program(),
                      .size = Size{320, 180},
                      .ice = {.address = "127.0.0.1"}},
                     loop, {.failed = [&](const Error&) { broken = true; }, .end_wanted = [] {}});
  INFO((worker ? "" : worker.error().message));
  REQUIRE(worker);
  return std::move(*worker);
}

void run_once(const Installation& installation, bool with_speaker) {
  const auto loop = Loop::create();
  bool broken = false;
  std::vector<std::unique_ptr<Worker>> workers;
  while (workers.size() < kTogether) workers.push_back(start_worker(installation, loop, broken));
  std::unique_ptr<Visitor> visitor;
  if (with_speaker) {
    loop->post([&] { visitor = std::make_unique<Visitor>(loop, workers.front()->port()); });
    REQUIRE(run_until(*loop, kDeadline,
                      [&] { return visitor && (visitor->failed || visitor->on_stage()); }));
    CHECK_FALSE(visitor->failed);
  }
  unsigned ended = 0;
  unsigned in_order = 0;
  for (const auto& worker : workers) {
    worker->end([&](bool well) {
      ++ended;
      if (well) ++in_order;
    });
  }
  REQUIRE(run_until(*loop, kDeadline, [&] { return ended == kTogether; }));
  CHECK(in_order == kTogether);
  CHECK_FALSE(broken);
}

}  // namespace

TEST_CASE("a worker that has ended leaves nothing behind") {
  const auto tracer = leaks_tracer();
  REQUIRE(tracer);
  const Installation installation;
  std::vector<std::string> kept;
  std::ptrdiff_t descriptors_before = 0;
  std::ptrdiff_t threads_before = 0;
  for (unsigned run = 0; run < kRuns / kTogether; ++run) {
    CAPTURE(run);
    run_once(installation, run % kSpeakerEvery == 0);
    if (run + 1 == kWarmUp) {
      kept = live_objects(tracer.get());
      descriptors_before = descriptors();
      threads_before = threads();
    }
  }
  // What libraries make once and keep: the DTLS plugin its agent, with the certificate, and
  // constants in caps.
  for (const auto& object : kept) {
    INFO(object);
    CHECK((object.starts_with("GstDtlsAgent ") || object == "GstCaps"));
  }
  CHECK(kept.size() <= 3);
  // webrtcbin's own thread ends a moment after its element.
  CHECK(eventually([&] { return live_objects(tracer.get()).size() <= kept.size(); }));
  CHECK(live_objects(tracer.get()) == kept);
  CHECK(eventually([&] { return descriptors() <= descriptors_before; }));
  CHECK(eventually([&] { return threads() <= threads_before; }));
}
