// A Space with the program that ships, its picture small, and simulated speakers, all in this
// process on a loop that the test runs. Who speaks sends a tone that is theirs alone, so that the
// mix tells who is in it.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <numbers>
#include <optional>
#include <string>
#include <vector>

#include "hls/store.h"
#include "pipelines/clip.h"
#include "pipelines/program.h"
#include "pipelines/simulated_speaker.h"
#include "studio/offer.h"
#include "studio/space.h"
#include "tests/graph/bad_way.h"
#include "tests/graph/recording.h"
#include "tests/run_until.h"

namespace spacecast::test {

// Somebody who wants on stage.
struct Guest {
  std::shared_ptr<SimulatedSpeaker> speaker;
  std::optional<Result<studio::Space::Joined>> joined;
  bool connected = false;
  bool failed = false;

  [[nodiscard]] bool on_stage() const { return joined && joined->has_value() && connected; }
};

struct GuestOptions {
  std::string name = "Ada";
  double tone = 220;  // Hz
  std::shared_ptr<const Clip> video;
  bool receive = false;
  BadWay* way = nullptr;
  std::string replaces;
};

// A sine of a minute, since where a clip begins anew its decoder needs a moment.
inline std::shared_ptr<const Clip> tone_clip(double frequency) {
  auto clip = record_clip(
      "audiotestsrc volume=0.25 samplesperbuffer=960 num-buffers=3000 freq=" +
          std::to_string(frequency) +
          " ! audio/x-raw,rate=48000,channels=1 ! opusenc complexity=0 bitrate=32000 ! opusparse ! "
          "appsink name=out sync=false",
      {});
  REQUIRE(clip);
  return clip;
}

// What the whole mix sounds like, in the packets that monitors are sent.
class Listener final : public ReturnSink {
 public:
  void take_audio(const Ref<GstSample>& packet) override {
    const std::lock_guard lock(mutex_);
    packets_.push_back(packet);
  }
  void take_video(const Ref<GstSample>&) override {}
  // Since the last call.
  std::vector<Ref<GstSample>> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(packets_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<Ref<GstSample>> packets_;
};

class SpaceRig {
 public:
  // `wrap` is given the program before the Space is.
  using Wrap = std::function<std::unique_ptr<Program>(std::unique_ptr<Program>)>;
  explicit SpaceRig(studio::Space::Options options = {}, const Wrap& wrap = {}) {
    std::ifstream file(std::string(std::getenv("SPACECAST_SOURCE")) + "/pipelines/program.launch");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::string preset = "speed-preset=veryfast";
    text.replace(text.find(preset), preset.size(), "speed-preset=ultrafast");
    auto created = Program::create(
        {.description = text, .size = Size{320, 180}}, loop, store,
        {.on_air =
             [this](const Program::OnAir& cut) {
               cuts.push_back(cut);
               space->set_on_air(cut);
             },
         .talking = [this](const std::vector<unsigned>& slots) { space->set_talking(slots); },
         .watch = [this](const std::vector<unsigned>& slots) { space->set_watched(slots); },
         .failed = [this](const Error&) { broken = true; }});
    INFO((created ? "" : created.error().message));
    REQUIRE(created);
    program = wrap ? wrap(std::move(*created)) : std::move(*created);
    options.id = "test";
    options.ice.address = "127.0.0.1";
    options.tick = std::chrono::milliseconds(20);
    space = studio::Space::create(std::move(options), loop, *program);
  }
  ~SpaceRig() {
    CHECK_FALSE(broken);
    guests_.clear();
    space.reset();
    program.reset();
  }
  SpaceRig(const SpaceRig&) = delete;
  SpaceRig& operator=(const SpaceRig&) = delete;

  // Runs the loop until `done`; false at the deadline.
  bool until(const std::function<bool()>& done,
             std::chrono::seconds deadline = std::chrono::seconds(30)) {
    return run_until(*loop, deadline, done);
  }
  void run_for(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    until([&] { return std::chrono::steady_clock::now() >= end; });
  }

  // Sets out for the stage; the loop has to run.
  std::shared_ptr<Guest> bring(GuestOptions options) {
    auto guest = std::make_shared<Guest>();
    const std::weak_ptr<Guest> weak = guest;
    const auto join = [this, weak, options](const std::string& sdp) {
      auto offer =
          studio::read_offer(options.way ? BadWay::hidden(sdp) : sdp, studio::Endpoint::kStage);
      REQUIRE(offer);
      space->join({.offer = std::move(*offer), .name = options.name, .replaces = options.replaces},
                  [weak, options](Result<studio::Space::Joined> joined) {
                    const auto self = weak.lock();
                    if (!self) return;
                    if (joined) {
                      const auto answer =
                          options.way ? options.way->through(joined->answer) : joined->answer;
                      CHECK(self->speaker->accept(answer));
                    }
                    self->joined = std::move(joined);
                  });
    };
    const auto note = [weak](bool Guest::* what) {
      return [weak, what] {
        if (const auto self = weak.lock()) (*self).*what = true;
      };
    };
    auto created = SimulatedSpeaker::create(
        {.audio = tone(options.tone),
         .video = options.video,
         .receive = options.receive,
         .ice_address = "127.0.0.1"},
        loop,
        {.on_offer = join,
         .on_connected = note(&Guest::connected),
         .on_error = [failed = note(&Guest::failed)](const Error&) { failed(); }});
    REQUIRE(created);
    guest->speaker = *created;
    guests_.push_back(guest);
    return guest;
  }
  // Goes without a word.
  void vanish(const std::shared_ptr<Guest>& guest) {
    guest->speaker.reset();
    std::erase(guests_, guest);
  }
  void leave(const std::shared_ptr<Guest>& guest) {
    if (const auto* session = space->find_by_secret((*guest->joined)->secret)) {
      space->leave(*session);
    }
    vanish(guest);
  }
  // Null where nobody of that id is on stage.
  [[nodiscard]] std::optional<studio::RosterEntry> entry(const std::string& id) const {
    const auto roster = space->roster();
    const auto found = std::ranges::find(roster.speakers, id, &studio::RosterEntry::id);
    return found == roster.speakers.end() ? std::nullopt : std::optional(*found);
  }

  std::shared_ptr<Loop> loop = Loop::create();
  std::shared_ptr<hls::Store> store = *hls::Store::create({});
  std::vector<Program::OnAir> cuts;
  bool broken = false;
  std::unique_ptr<Program> program;
  std::shared_ptr<studio::Space> space;

 private:
  std::shared_ptr<const Clip> tone(double frequency) {
    auto& clip = tones_[frequency];
    if (!clip) clip = tone_clip(frequency);
    return clip;
  }

  std::map<double, std::shared_ptr<const Clip>> tones_;
  std::vector<std::shared_ptr<Guest>> guests_;
};

// Mono at 48 kHz.
inline std::vector<float> decode(const std::vector<Ref<GstSample>>& packets) {
  std::vector<float> sound;
  REQUIRE(run_to_end(
      "appsrc name=in format=time ! opusdec ! audioconvert ! "
      "audio/x-raw,format=F32LE,rate=48000,channels=1 ! appsink name=out sync=false",
      [&](GstAppSrc* in) {
        for (const auto& packet : packets) gst_app_src_push_sample(in, packet.get());
      },
      [&](GstSample* sample) {
        GstMapInfo map;
        GstBuffer* buffer = gst_sample_get_buffer(sample);
        REQUIRE(gst_buffer_map(buffer, &map, GST_MAP_READ));
        const auto* values = reinterpret_cast<const float*>(map.data);
        sound.insert(sound.end(), values, values + map.size / sizeof(float));
        gst_buffer_unmap(buffer, &map);
      }));
  return sound;
}

// The level of a guest's tone every 20 ms, in dB, from windows of 40 ms.
inline std::vector<double> levels(const std::vector<float>& sound, double tone) {
  constexpr std::size_t kHop = 960;
  constexpr std::size_t kWindow = 2 * kHop;
  const double step = 2 * std::numbers::pi * tone / 48000.0;
  std::vector<double> result;
  for (std::size_t at = 0; at + kWindow <= sound.size(); at += kHop) {
    double re = 0;
    double im = 0;
    for (std::size_t i = 0; i < kWindow; ++i) {
      const auto place = static_cast<double>(i);
      const double hann = 1 - std::cos(2 * std::numbers::pi * place / kWindow);
      re += sound[at + i] * hann * std::cos(step * place);
      im += sound[at + i] * hann * std::sin(step * place);
    }
    result.push_back(10 * std::log10((re * re + im * im) / (kWindow * kWindow) + 1e-12));
  }
  return result;
}

// Where a level is `fall` dB or more below what it mostly is.
inline unsigned dropouts(const std::vector<double>& levels, double fall = 6) {
  auto sorted = levels;
  std::ranges::sort(sorted);
  const double usual = sorted[sorted.size() / 2];
  return static_cast<unsigned>(
      std::ranges::count_if(levels, [&](double level) { return level < usual - fall; }));
}

}  // namespace spacecast::test
