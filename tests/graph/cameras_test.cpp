// Goal: with thirteen cameras on stage at most three are decoded at a time, and who comes on air is
// seen as they are from the first frame on, never grey or torn. Method: thirteen simulated speakers
// in this process, each of one colour, talk in turn; a real Space and a real program decide whom to
// watch; the program's slots are wrapped, so that every decoded picture is counted and looked at;
// the program's own picture goes, small, into a file. Waits end with a condition or fail at a
// deadline.
#include <gst/video/video.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <numbers>
#include <set>
#include <string>
#include <vector>

#include "hls/store.h"
#include "pipelines/program.h"
#include "pipelines/simulated_speaker.h"
#include "studio/offer.h"
#include "studio/space.h"
#include "tests/graph/forwarding.h"
#include "tests/graph/recording.h"
#include "tests/run_until.h"
#include "tests/voice.h"

using namespace spacecast;
using namespace std::chrono_literals;

namespace {

const bool initialised = (gst_init(nullptr, nullptr), true);

constexpr unsigned kSpeakers = 13;
constexpr unsigned kWatchedMax = 3;
constexpr MediaTime kTurn = 2s;
constexpr MediaTime kTalk = 1700ms;
constexpr MediaTime kRound = kTurn * kSpeakers;
constexpr unsigned kRate = 48000;

// --- what is sent

struct Rgb {
  double r, g, b;
  [[nodiscard]] std::uint32_t argb() const {
    const auto byte = [](double value) {
      return static_cast<std::uint32_t>(std::lround(value * 255));
    };
    return 0xff000000U | byte(r) << 16U | byte(g) << 8U | byte(b);
  }
};

struct Yuv {
  int y, u, v;
};

// Of the colour wheel, none of them grey.
Rgb colour_of(unsigned speaker) {
  const auto channel = [&](double shift) {
    return 0.5 + 0.4 * std::cos(2 * std::numbers::pi * (double(speaker) / kSpeakers + shift));
  };
  return {channel(0), channel(-1.0 / 3), channel(1.0 / 3)};
}

// BT.709, limited range.
Yuv to_yuv(const Rgb& c) {
  constexpr double kRed = 0.2126;
  constexpr double kBlue = 0.0722;
  const double luma = kRed * c.r + (1 - kRed - kBlue) * c.g + kBlue * c.b;
  const auto part = [](double value) { return static_cast<int>(std::lround(value)); };
  return {part(16 + 219 * luma), part(128 + 112 * (c.b - luma) / (1 - kBlue)),
          part(128 + 112 * (c.r - luma) / (1 - kRed))};
}

// Two seconds between keyframes: who is not asked for one shows nothing for long.
std::shared_ptr<const Clip> camera_of(unsigned speaker) {
  auto clip =
      test::record_clip("videotestsrc num-buffers=20 pattern=solid-color foreground-color=" +
                            std::to_string(colour_of(speaker).argb()) +
                            " ! video/x-raw,format=I420,width=320,height=180,framerate=10/1,"
                            "colorimetry=bt709 "
                            "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=20 "
                            "! video/x-h264,profile=constrained-baseline "
                            "! h264parse config-interval=-1 "
                            "! video/x-h264,stream-format=byte-stream,alignment=au "
                            "! appsink name=out sync=false",
                        {});
  REQUIRE(clip);
  return clip;
}

// A round, in which the speaker talks in their turn and is silent in all others.
std::shared_ptr<const Clip> voice_of(unsigned speaker) {
  std::vector<float> sound(kRound / 1s * kRate);
  const auto talk = speaker::test::speak(kTalk, kRate, -20, 100 + 10 * speaker);
  std::ranges::copy(talk, sound.begin() + speaker * (kTurn / 1ms) * kRate / 1000);
  auto clip = test::record_clip(
      "appsrc name=in format=time caps=audio/x-raw,format=F32LE,rate=48000,channels=1,"
      "layout=interleaved ! audioconvert ! opusenc complexity=0 bitrate=32000 "
      "! opusparse ! appsink name=out sync=false",
      [&](GstAppSrc* in) {
        GstBuffer* buffer = gst_buffer_new_memdup(sound.data(), sound.size() * sizeof(float));
        GST_BUFFER_PTS(buffer) = 0;
        gst_app_src_push_buffer(in, buffer);
      });
  REQUIRE(clip);
  return clip;
}

// --- what is decoded

// Which slots are watched, and what was decoded of each. Any thread.
class Ledger {
 public:
  void watch(const std::vector<unsigned>& slots) {
    const std::lock_guard lock(mutex_);
    most_watched = std::max<std::size_t>(most_watched, slots.size());
    watched_ = {slots.begin(), slots.end()};
    late_.fill(0);
  }
  void sit(unsigned slot, unsigned speaker) {
    const std::lock_guard lock(mutex_);
    seats[static_cast<int>(slot)] = static_cast<int>(speaker);
  }
  void picture(unsigned slot, unsigned speaker, GstSample* sample) {
    const std::lock_guard lock(mutex_);
    ++decoded[speaker];
    if (!shows(sample, to_yuv(colour_of(speaker)))) ++broken;
    // What was on its way through the decoder when its gate was closed may still come.
    if (!watched_.contains(slot) && ++late_[slot] > 2) ++unwatched;
  }

  std::mutex mutex_;
  std::size_t most_watched = 0;
  unsigned broken = 0;
  unsigned unwatched = 0;
  std::array<unsigned, kSpeakers> decoded{};
  std::map<int, int> seats;  // Slots and their speakers.

 private:
  static bool shows(GstSample* sample, const Yuv& colour) {
    GstVideoInfo info;
    GstVideoFrame frame;
    if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) ||
        !gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ)) {
      return false;
    }
    bool all = true;
    const std::array parts{colour.y, colour.u, colour.v};
    for (guint plane = 0; plane < parts.size(); ++plane) {
      const auto* data = static_cast<const guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
      for (int row = 0; row < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, plane); ++row) {
        const auto* line = data + row * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane);
        all = all && std::all_of(line, line + GST_VIDEO_FRAME_COMP_WIDTH(&frame, plane),
                                 [&](guint8 value) { return std::abs(value - parts[plane]) <= 6; });
      }
    }
    gst_video_frame_unmap(&frame);
    return all;
  }

  std::set<unsigned> watched_;
  std::array<unsigned, kSpeakers> late_{};
};

class WatchedSlot final : public test::ForwardingSlot {
 public:
  WatchedSlot(std::unique_ptr<ProgramSlot> slot, unsigned speaker, Ledger& ledger)
      : ForwardingSlot(std::move(slot)), speaker_(speaker), ledger_(ledger) {}
  void push_video(Ref<GstSample> sample) override {
    ledger_.picture(index(), speaker_, sample.get());
    ForwardingSlot::push_video(std::move(sample));
  }

 private:
  unsigned speaker_;
  Ledger& ledger_;
};

// Speakers are called by their numbers.
class WatchedProgram final : public test::ForwardingProgram {
 public:
  WatchedProgram(std::unique_ptr<Program> program, Ledger& ledger)
      : ForwardingProgram(std::move(program)), ledger_(ledger) {}
  Result<std::unique_ptr<ProgramSlot>> acquire(std::string name,
                                               std::optional<unsigned> wanted) override {
    const auto speaker = static_cast<unsigned>(std::stoul(name));
    auto slot = ForwardingProgram::acquire(std::move(name), wanted);
    if (!slot) return slot;
    ledger_.sit((*slot)->index(), speaker);
    return std::make_unique<WatchedSlot>(std::move(*slot), speaker, ledger_);
  }

 private:
  Ledger& ledger_;
};

// --- what is shown

constexpr int kSeenWidth = 16;
constexpr int kSeenHeight = 16;

// The program that ships, and its picture in a file as well.
std::string description(const std::filesystem::path& seen) {
  std::ifstream file(std::string(std::getenv("SPACECAST_SOURCE")) + "/pipelines/program.launch");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return text + " picture. ! queue ! videoconvertscale ! video/x-raw,format=I420,width=" +
         std::to_string(kSeenWidth) + ",height=" + std::to_string(kSeenHeight) +
         " ! filesink buffer-mode=unbuffered async=false location=" + seen.string();
}

// Whose colour a frame has in its upper half (the name is below); -1: nobody's.
int speaker_seen(std::string_view frame) {
  const auto all_near = [&](std::size_t from, std::size_t count, int value) {
    return std::ranges::all_of(frame.substr(from, count), [&](char byte) {
      return std::abs(static_cast<unsigned char>(byte) - value) <= 10;
    });
  };
  constexpr std::size_t kLuma = kSeenWidth * kSeenHeight;
  for (unsigned speaker = 0; speaker < kSpeakers; ++speaker) {
    const auto [y, u, v] = to_yuv(colour_of(speaker));
    if (all_near(0, kLuma / 2, y) && all_near(kLuma, kLuma / 8, u) &&
        all_near(kLuma * 5 / 4, kLuma / 8, v)) {
      return static_cast<int>(speaker);
    }
  }
  return -1;
}

std::vector<int> read_seen(const std::filesystem::path& path) {
  constexpr std::size_t kFrame = kSeenWidth * kSeenHeight * 3 / 2;
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::vector<int> seen;
  for (std::size_t at = 0; at + kFrame <= bytes.size(); at += kFrame) {
    seen.push_back(speaker_seen(std::string_view(bytes).substr(at, kFrame)));
  }
  return seen;
}

struct Directory {
  std::filesystem::path path;
  Directory() {
    char name[] = "/tmp/cameras-XXXXXX";
    path = mkdtemp(name);
  }
  ~Directory() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("thirteen cameras, three decoders") {
  const Directory directory;
  const auto loop = Loop::create();
  Ledger ledger;
  std::shared_ptr<studio::Space> space;
  std::vector<Program::OnAir> cuts;
  bool failed = false;
  auto real = Program::create(
      {.description = description(directory.path / "seen"), .size = Size{320, 180}}, loop,
      *hls::Store::create({}),
      {.on_air =
           [&](const Program::OnAir& cut) {
             cuts.push_back(cut);
             space->set_on_air(cut);
           },
       .talking = [&](const std::vector<unsigned>& slots) { space->set_talking(slots); },
       .watch =
           [&](const std::vector<unsigned>& slots) {
             ledger.watch(slots);
             space->set_watched(slots);
           },
       .failed = [&](const Error&) { failed = true; }});
  INFO((real ? "" : real.error().message));
  REQUIRE(real);
  WatchedProgram program(std::move(*real), ledger);
  space = studio::Space::create({.id = "test", .ice = {.address = "127.0.0.1"}}, loop, program);

  // All media start in step: the round began when the first one did.
  std::optional<std::chrono::steady_clock::time_point> began;
  const auto phase = [&]() -> MediaTime {
    const auto now = std::chrono::steady_clock::now();
    if (!began) began = now;
    return now - *began;
  };
  unsigned connected = 0;
  std::vector<std::shared_ptr<SimulatedSpeaker>> speakers(kSpeakers);
  for (unsigned number = 0; number < kSpeakers; ++number) {
    const auto join = [&, number](const std::string& sdp) {
      auto offer = studio::read_offer(sdp, studio::Endpoint::kStage);
      REQUIRE(offer);
      space->join({.offer = std::move(*offer), .name = std::to_string(number)},
                  [&, number](const Result<studio::Space::Joined>& joined) {
                    REQUIRE(joined);
                    CHECK(speakers[number]->accept(joined->answer));
                  });
    };
    auto created = SimulatedSpeaker::create({.audio = voice_of(number),
                                             .video = camera_of(number),
                                             .receive = false,
                                             .ice_address = "127.0.0.1",
                                             .period = kRound,
                                             .phase = phase},
                                            loop,
                                            {.on_offer = join,
                                             .on_connected = [&] { ++connected; },
                                             .on_error = [&](const Error&) { failed = true; }});
    REQUIRE(created);
    speakers[number] = *created;
  }
  REQUIRE(test::run_until(*loop, 30s, [&] { return connected == kSpeakers; }));

  // Everybody has had a turn when all that were on air make a whole round.
  const auto everybody_was_on_air = [&] {
    std::set<int> slots;
    for (const auto& cut : cuts) slots.insert(cut.slot);
    return slots.size() - slots.count(-1) == kSpeakers;
  };
  REQUIRE(test::run_until(*loop, 90s, everybody_was_on_air));
  // The last one is seen, too.
  const auto seen_path = directory.path / "seen";
  const auto everybody_was_seen = [&] {
    const auto seen = read_seen(seen_path);
    std::set<int> shown(seen.begin(), seen.end());
    return shown.size() - shown.count(-1) == kSpeakers;
  };
  CHECK(test::run_until(*loop, 10s, everybody_was_seen));
  CHECK_FALSE(failed);

  std::uint64_t sent = 0;
  for (const auto& speaker : speakers) sent += speaker->report().video_sent.packets;
  const auto seen = read_seen(seen_path);
  std::vector<int> turns;
  {
    const std::lock_guard lock(ledger.mutex_);
    CHECK(ledger.most_watched == kWatchedMax);
    CHECK(ledger.unwatched == 0);
    CHECK(ledger.broken == 0);
    std::uint64_t decoded = 0;
    for (const unsigned pictures : ledger.decoded) {
      CHECK(pictures > 0);
      decoded += pictures;
    }
    // A picture of one colour is one packet.
    INFO(decoded << " of " << sent << " pictures were decoded");
    CHECK(decoded * kSpeakers <= sent * kWatchedMax);
    for (const auto& cut : cuts) turns.push_back(ledger.seats.at(cut.slot));
  }

  // From one speaker straight to the next, as decided. The last cut may not have been seen yet.
  const auto first = std::ranges::find_if(seen, [](int speaker) { return speaker >= 0; });
  std::vector<int> shown;
  std::ranges::unique_copy(first, seen.end(), std::back_inserter(shown));
  REQUIRE(shown.size() <= turns.size());
  turns.resize(shown.size());
  CHECK(shown == turns);

  bool ended = false;
  space->end([&] { ended = true; });
  CHECK(test::run_until(*loop, 20s, [&] { return ended; }));
  speakers.clear();
}
