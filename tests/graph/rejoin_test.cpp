// Goal: whoever comes back is who and where they were, and the audience notices nothing: the old
// session goes on until the new one is as good, the slot is never empty, and a new one that comes
// to nothing changes nothing. Method: simulated speakers on a real Space and program, whose slots
// are wrapped so that every hand-over is seen; the old session sends one tone and the new one
// another, of which one has to be in the mix at any time.
#include <atomic>

#include "pipelines/clip_loader.h"
#include "tests/graph/forwarding.h"
#include "tests/graph/space_rig.h"

using namespace spacecast;
using namespace std::chrono_literals;
using test::BadWay;
using test::Guest;
using test::SpaceRig;

namespace {

const bool initialised = (gst_init(nullptr, nullptr), true);

constexpr double kOld = 440, kNew = 880;

// What became of the program's slots. Any thread.
struct Slots {
  std::atomic<unsigned> taken = 0, freed = 0, cameras_off = 0, pictures = 0;
};

class WatchedSlot final : public test::ForwardingSlot {
 public:
  WatchedSlot(std::unique_ptr<ProgramSlot> slot, Slots& slots)
      : ForwardingSlot(std::move(slot)), slots_(slots) {
    ++slots_.taken;
  }
  ~WatchedSlot() override { ++slots_.freed; }
  void push_video(Ref<GstSample> sample) override {
    ++slots_.pictures;
    ForwardingSlot::push_video(std::move(sample));
  }
  void set_camera(bool on) override {
    if (!on) ++slots_.cameras_off;
    ForwardingSlot::set_camera(on);
  }

 private:
  Slots& slots_;
};

class WatchedProgram final : public test::ForwardingProgram {
 public:
  WatchedProgram(std::unique_ptr<Program> program, Slots& slots)
      : ForwardingProgram(std::move(program)), slots_(slots) {}
  Result<std::unique_ptr<ProgramSlot>> acquire(std::string name,
                                               std::optional<unsigned> wanted) override {
    auto slot = ForwardingProgram::acquire(std::move(name), wanted);
    if (!slot) return slot;
    return std::make_unique<WatchedSlot>(std::move(*slot), slots_);
  }

 private:
  Slots& slots_;
};

struct Stage {
  explicit Stage(studio::Space::Options options = {})
      : rig(std::move(options), [this](std::unique_ptr<Program> program) {
          return std::make_unique<WatchedProgram>(std::move(program), slots);
        }) {}

  // On stage and heard.
  std::shared_ptr<Guest> join(test::GuestOptions options) {
    const auto guest = rig.bring(std::move(options));
    REQUIRE(rig.until([&] { return guest->on_stage(); }));
    const auto id = (*guest->joined)->id;
    REQUIRE(rig.until([&] { return rig.entry(id)->audio_packets > 20; }));
    return guest;
  }
  studio::Session* session(const std::shared_ptr<Guest>& guest) const {
    return rig.space->find_by_secret((*guest->joined)->secret);
  }
  [[nodiscard]] unsigned rejoins() const {
    return static_cast<unsigned>(rig.space->counters()->rejoins);
  }

  Slots slots;
  SpaceRig rig;
};

std::string secret(const std::shared_ptr<Guest>& guest) {
  return (*guest->joined)->secret;
}

std::string id(const std::shared_ptr<Guest>& guest) {
  return (*guest->joined)->id;
}

// Windows of 20 ms in which neither tone is as loud as they mostly are.
unsigned silent_windows(const std::vector<Ref<GstSample>>& packets) {
  auto sound = test::decode(packets);
  sound.erase(sound.begin(), sound.begin() + 4800);  // Until the decoder is in tune.
  const auto before = test::levels(sound, kOld);
  const auto after = test::levels(sound, kNew);
  std::vector<double> louder(before.size());
  std::ranges::transform(before, after, louder.begin(),
                         [](double a, double b) { return std::max(a, b); });
  return test::dropouts(louder, 9);  // At the change each has half a window.
}

}  // namespace

TEST_CASE("a new session takes over when it is as good, and nobody notices") {
  Stage stage;
  const auto picture = *load_video_clip("test", 0);
  const auto old = stage.join({.name = "Ada", .tone = kOld, .video = picture});
  stage.rig.space->set_watched({0});
  REQUIRE(stage.rig.until([&] { return stage.slots.pictures > 10; }));
  stage.session(old)->set_hand(true);
  stage.session(old)->set_name("Ada L");
  const auto listener = std::make_shared<test::Listener>();
  const auto listening = stage.rig.program->monitor(listener);
  stage.rig.run_for(1s);
  listener->take();

  bool seen_twice = false;
  unsigned pictures = stage.slots.pictures;
  auto picture_at = std::chrono::steady_clock::now();
  std::chrono::milliseconds longest{};
  const auto next =
      stage.rig.bring({.name = "Eve", .tone = kNew, .video = picture, .replaces = secret(old)});
  REQUIRE(stage.rig.until([&] {
    seen_twice = seen_twice || stage.rig.space->roster().speakers.size() != 1;
    const auto now = std::chrono::steady_clock::now();
    if (stage.slots.pictures != pictures) {
      pictures = stage.slots.pictures;
      picture_at = now;
    }
    longest =
        std::max(longest, std::chrono::duration_cast<std::chrono::milliseconds>(now - picture_at));
    return stage.rejoins() == 1 && pictures > 0 && now - picture_at < 50ms;
  }));
  const auto entry = stage.rig.entry(id(old));
  REQUIRE(entry);
  CHECK(id(next) == id(old));
  CHECK(secret(next) != secret(old));
  CHECK(entry->name == "Ada L");
  CHECK(entry->hand);
  CHECK(entry->camera);
  CHECK_FALSE(seen_twice);
  CHECK(stage.session(next));
  CHECK_FALSE(stage.session(old));
  // A camera counts as off after 600 ms without a picture.
  CHECK(longest < 600ms);
  stage.rig.vanish(old);
  stage.rig.run_for(1s);
  CHECK(silent_windows(listener->take()) == 0);
  CHECK(stage.slots.taken == 1);
  CHECK(stage.slots.freed == 0);
  CHECK(stage.slots.cameras_off == 0);
}

TEST_CASE("a new session that comes to nothing changes nothing") {
  Stage stage({.liveness = {.connect = 1500ms}});
  const auto old = stage.join({.tone = kOld});
  BadWay way;
  way.cut();
  const auto next = stage.rig.bring({.tone = kNew, .way = &way, .replaces = secret(old)});
  REQUIRE(stage.rig.until([&] { return next->joined.has_value(); }));
  REQUIRE(*next->joined);
  CHECK(stage.session(next));
  // It may be told of more candidates, and may be given up again; the old one is not touched.
  REQUIRE(stage.rig.until([&] { return stage.rig.space->counters()->lost == 1; }));
  CHECK_FALSE(stage.session(next));
  REQUIRE(stage.session(old));
  CHECK(stage.rig.entry(id(old))->connection == studio::Connection::kConnected);
  CHECK(stage.rejoins() == 0);
  CHECK(stage.slots.freed == 0);
}

TEST_CASE("who has changed networks is back at once, on a full stage too") {
  Stage stage({.speakers_max = 1});
  BadWay way;
  const auto old = stage.join({.tone = kOld, .way = &way});
  stage.session(old)->set_muted(true);
  way.cut();
  const auto stranger = stage.rig.bring({.replaces = "guessed"});
  REQUIRE(stage.rig.until([&] { return stranger->joined.has_value(); }));
  CHECK_FALSE(*stranger->joined);
  // A first attempt is overtaken by a second.
  const auto first = stage.rig.bring({.tone = kNew, .replaces = secret(old)});
  REQUIRE(stage.rig.until([&] { return first->joined.has_value(); }));
  const auto next = stage.rig.bring({.tone = kNew, .replaces = secret(old)});
  REQUIRE(stage.rig.until([&] { return stage.rejoins() > 0 && next->on_stage(); }));
  REQUIRE(stage.rig.until([&] { return stage.session(next) && !stage.session(old); }));
  const auto entry = stage.rig.entry(id(old));
  REQUIRE(entry);
  CHECK(entry->muted);
  CHECK(stage.slots.taken == 1);
  CHECK(stage.slots.freed == 0);
  CHECK(stage.rig.space->counters()->lost == 0);
}

TEST_CASE("who leaves the old session has the new one") {
  Stage stage;
  const auto old = stage.join({.tone = kOld});
  BadWay way;
  way.cut();
  const auto next = stage.rig.bring({.tone = kNew, .way = &way, .replaces = secret(old)});
  REQUIRE(stage.rig.until([&] { return next->joined.has_value(); }));
  stage.rig.leave(old);
  CHECK(stage.rejoins() == 1);
  CHECK(stage.rig.space->roster().speakers.size() == 1);
  CHECK(stage.rig.entry(id(next))->connection == studio::Connection::kConnecting);
  CHECK(stage.slots.freed == 0);
  // Leaving the stage is another thing.
  stage.rig.space->leave_stage(*stage.session(next));
  CHECK(stage.rig.space->roster().speakers.empty());
  CHECK(stage.slots.freed == 1);
}

TEST_CASE("who was lost has their place for a while") {
  Stage stage({.liveness = {.unstable = 300ms, .lost = 1000ms}});
  BadWay way;
  const auto ada = stage.join({.name = "Ada", .tone = kOld, .way = &way});
  const auto bob = stage.join({.name = "Bob", .tone = kNew});
  const auto slot = stage.session(ada)->slot();
  stage.session(ada)->set_muted(true);
  way.cut();
  REQUIRE(stage.rig.until([&] {
    return stage.rig.entry(id(ada)) &&
           stage.rig.entry(id(ada))->connection == studio::Connection::kUnstable;
  }));
  REQUIRE(stage.rig.until([&] { return !stage.rig.entry(id(ada)); }));
  CHECK(stage.slots.freed == 1);
  const auto back = stage.join({.name = "Someone", .tone = kOld, .replaces = secret(ada)});
  CHECK(id(back) == id(ada));
  CHECK(stage.rig.entry(id(ada))->name == "Ada");
  CHECK(stage.rig.entry(id(ada))->muted);
  CHECK(stage.session(back)->slot() == slot);
  // The secret has served: whoever comes with it now is somebody new.
  const auto again = stage.join({.name = "Eve", .tone = kOld, .replaces = secret(ada)});
  CHECK(id(again) != id(ada));
  CHECK(stage.rig.entry(id(again))->name == "Eve");
}
