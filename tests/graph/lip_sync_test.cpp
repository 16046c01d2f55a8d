// Goal: whoever is on air is heard when they are seen, to 40 ms: from the start, who joined late,
// after they were muted, after their client had stopped to send sound, after their camera was off.
// Method: two simulated speakers whose picture is white and whose sound is a tone at the same
// moments join over 127.0.0.1; their graphs fill slots of the program that ships; what the program
// has published is decoded from the store's parts, and every flash that has a burst is judged.
// Only the size of the picture is another. Waits are for published media time and have deadlines.
#include "tests/graph/lip_sync.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "hls/store.h"
#include "pipelines/program.h"
#include "pipelines/simulated_speaker.h"
#include "pipelines/speaker_graph.h"
#include "studio/offer.h"
#include "tests/graph/forwarding.h"
#include "tests/run_until.h"

using namespace spacecast;
using namespace std::chrono_literals;
using test::in_ms;

namespace {

const bool initialised = (gst_init(nullptr, nullptr), true);

constexpr MediaTime kBound = 40ms;

std::string shipped_description() {
  std::ifstream file(std::string(std::getenv("SPACECAST_SOURCE")) + "/pipelines/program.launch");
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Directory {
  std::filesystem::path path;
  Directory() {
    char name[] = "/tmp/lip-sync-XXXXXX";
    path = mkdtemp(name);
  }
  ~Directory() { std::filesystem::remove_all(path); }
};

// Looks at what comes to a slot. Only its own streaming threads push.
class SeenSlot final : public test::ForwardingSlot {
 public:
  struct Seen {
    test::FlashFinder flashes;
    test::BurstFinder bursts;
  };
  SeenSlot(std::unique_ptr<ProgramSlot> slot, std::shared_ptr<Seen> seen)
      : ForwardingSlot(std::move(slot)), seen_(std::move(seen)) {}
  void push_audio(Ref<GstSample> sample) override {
    seen_->bursts.add(sample.get());
    ForwardingSlot::push_audio(std::move(sample));
  }
  void push_video(Ref<GstSample> sample) override {
    seen_->flashes.add(sample.get());
    ForwardingSlot::push_video(std::move(sample));
  }

 private:
  std::shared_ptr<Seen> seen_;
};

class Stage {
 public:
  Stage() {
    auto created = Program::create(
        {.description = shipped_description(), .size = Size{320, 180}}, loop, store,
        {.on_air = {}, .talking = {}, .watch = {}, .failed = [](const Error& error) {
           FAIL(error.message);
         }});
    REQUIRE(created);
    program = std::move(*created);
  }

  bool until(const std::function<bool()>& done, std::chrono::seconds deadline = 30s) {
    return test::run_until(*loop, deadline, done);
  }
  // Of what is published.
  [[nodiscard]] MediaTime edge() const {
    const auto snapshot = store->snapshot();
    return snapshot->renditions.empty() ? MediaTime::zero() : snapshot->renditions[0].edge();
  }
  void run_for(MediaTime length) {
    const MediaTime end = edge() + length;
    REQUIRE(until([&] { return edge() >= end; }));
  }

  std::shared_ptr<Loop> loop = Loop::create();
  std::shared_ptr<Teardown> teardown = std::make_shared<Teardown>();
  // Everything stays.
  std::shared_ptr<hls::Store> store = *hls::Store::create({.window_segments = 200});
  std::unique_ptr<Program> program;
};

class Speaker {
 public:
  Speaker(Stage& stage, const char* name) : stage_(stage) {
    static const auto sound = test::beeping_sound();
    static const auto picture = test::flashing_picture(30, 320, 180);
    REQUIRE(sound);
    REQUIRE(picture);
    auto created = SimulatedSpeaker::create(
        {.audio = sound, .video = picture, .receive = false, .ice_address = "127.0.0.1"},
        stage.loop,
        {.on_offer = [this, name](const std::string& sdp) { answer(sdp, name); },
         .on_connected = [this] { connected_ = true; },
         .on_error = [](const Error& error) { FAIL(error.message); }});
    REQUIRE(created);
    peer = *created;
    REQUIRE(stage.until([&] { return connected_; }));
  }

  void show() { stage_.program->pin(slot_); }

  std::shared_ptr<SimulatedSpeaker> peer;
  std::unique_ptr<SpeakerGraph> graph;
  std::shared_ptr<SeenSlot::Seen> seen = std::make_shared<SeenSlot::Seen>();

 private:
  void answer(const std::string& sdp, const char* name) {
    auto offer = studio::read_offer(sdp, studio::Endpoint::kStage);
    REQUIRE(offer);
    auto slot = stage_.program->acquire(name);
    REQUIRE(slot);
    slot_ = (*slot)->index();
    auto created = SpeakerGraph::create(
        {.offer = std::move(*offer),
         .clock = stage_.program->clock(),
         .base_time = stage_.program->base_time(),
         .ice = {.address = "127.0.0.1"}},
        std::make_unique<SeenSlot>(std::move(*slot), seen), stage_.loop, stage_.teardown,
        {.answered = [this](const std::string& text) { CHECK(peer->accept(text)); },
         .connected = [] {},
         .failed = [](SpeakerGraph::Fault, const std::string& what) { FAIL(what); }});
    REQUIRE(created);
    graph = std::move(*created);
    graph->set_watched(true);
  }

  Stage& stage_;
  unsigned slot_ = 0;
  bool connected_ = false;
};

// All that a rendition has published, as one file.
void save(const hls::Snapshot& snapshot, std::size_t rendition, const std::filesystem::path& path) {
  const auto& state = snapshot.renditions[rendition];
  std::ofstream file(path, std::ios::binary);
  const auto write = [&](const Bytes& bytes) {
    file.write(reinterpret_cast<const char*>(bytes->data()),
               static_cast<std::streamsize>(bytes->size()));
  };
  write(state.init->bytes);
  for (const auto& segment : state.segments) {
    for (const auto& part : segment->parts) write(part.bytes);
  }
}

// What was measured, under the name of what was tried.
struct Chapter {
  std::string name;
  MediaTime begin{};
};

}  // namespace

TEST_CASE("every speaker on air is heard when they are seen") {
  const Directory directory;
  Stage stage;
  REQUIRE(stage.until([&] { return stage.edge() > 0s; }));
  std::vector<Chapter> chapters;
  const auto begin = [&](const char* name) { chapters.push_back({name, stage.edge()}); };

  begin("from the start");
  Speaker ada(stage, "Ada");
  ada.show();
  stage.run_for(6s);

  begin("joined late");
  Speaker bob(stage, "Bob");
  ada.graph->set_muted(true);
  bob.show();
  stage.run_for(6s);

  begin("muted and unmuted");
  bob.graph->set_muted(true);
  stage.run_for(3s);
  bob.graph->set_muted(false);
  stage.run_for(6s);

  begin("sound not sent, and sent again");
  bob.peer->hold(MediaKind::kAudio, true);
  stage.run_for(4s);
  bob.peer->hold(MediaKind::kAudio, false);
  stage.run_for(6s);

  begin("camera off and on");
  bob.graph->set_camera(false);
  bob.peer->hold(MediaKind::kVideo, true);
  stage.run_for(4s);
  bob.peer->hold(MediaKind::kVideo, false);
  bob.graph->set_camera(true);
  stage.run_for(6s);

  begin("the first one again");
  bob.graph->set_muted(true);
  ada.graph->set_muted(false);
  ada.show();
  stage.run_for(6s);

  bool ended = false;
  stage.program->end([&] { ended = true; });
  REQUIRE(stage.until([&] { return ended; }));
  const auto snapshot = stage.store->snapshot();
  REQUIRE(snapshot->renditions.size() == 2);
  save(*snapshot, 0, directory.path / "picture");
  save(*snapshot, 1, directory.path / "sound");

  test::FlashFinder flashes;
  test::BurstFinder bursts;
  const auto decode = [&](const char* file, const char* decoder, auto& finder) {
    return test::run_to_end("filesrc location=" + (directory.path / file).string() +
                                " ! qtdemux ! " + decoder + " ! appsink name=out sync=false",
                            {}, [&](GstSample* sample) { finder.add(sample); });
  };
  REQUIRE(decode("picture", "h264parse ! avdec_h264 ! video/x-raw,format=I420", flashes));
  REQUIRE(decode(
      "sound", "aacparse ! avdec_aac ! audioconvert ! audio/x-raw,format=F32LE,layout=interleaved",
      bursts));

  // Before the program: what WebRTC makes of it. Looked at when nothing more comes.
  for (Speaker* speaker : {&ada, &bob}) {
    speaker->graph.reset();
    std::cout << "as received, picture after sound, ms:";
    const auto& [seen_flashes, seen_bursts] = *speaker->seen;
    for (const auto& pair : test::pair_marks(seen_flashes.marks(), seen_bursts.marks())) {
      std::cout << ' ' << std::lround(in_ms(pair.offset));
    }
    std::cout << std::endl;
  }
  const auto pairs = test::pair_marks(flashes.marks(), bursts.marks());
  for (std::size_t i = 0; i < chapters.size(); ++i) {
    const auto end = i + 1 < chapters.size() ? chapters[i + 1].begin : MediaTime::max();
    std::size_t count = 0;
    std::cout << chapters[i].name << ", picture after sound, ms:";
    for (const auto& pair : pairs) {
      if (pair.at < chapters[i].begin || pair.at >= end) continue;
      ++count;
      std::cout << ' ' << std::lround(in_ms(pair.offset));
      INFO(chapters[i].name << ": the picture is " << in_ms(pair.offset) << " ms after the sound");
      CHECK(pair.offset <= kBound);
      CHECK(pair.offset >= -kBound);
    }
    std::cout << std::endl;
    INFO(chapters[i].name);
    CHECK(count >= 4);
  }
}
