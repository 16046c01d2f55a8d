// Goal: whatever comes in, a picture goes out at every tick, of one canvas, and memory stays
// bounded. Method: random inputs from fixed seeds on a test clock: samples that are no numbers,
// timestamps that jump, repeat and go back, formats that change, pads and wishes that come and go.
#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "activespeaker_rig.h"

using namespace spacecast;
using namespace spacecast::test;

namespace {

constexpr GstClockTime kMs = GST_MSECOND;

class Chaos {
 public:
  explicit Chaos(unsigned seed) : random_(seed) {}

  // What happens between two ticks.
  void disturb(Rig& rig, GstClockTime now) {
    for (unsigned i = pick(6); i > 0; --i) {
      switch (pick(12)) {
        case 0:
          come_or_go(rig);
          break;
        case 1:
          change_format(rig);
          break;
        case 2:
          wish(rig);
          break;
        case 3:
          flush_or_end(rig);
          break;
        default:
          bring(rig, now);
      }
    }
  }

 private:
  struct Input {
    bool there = false;
    int rate = 16'000;
    int width = 16, height = 16;
  };
  static constexpr const char* kKinds[] = {"audio_", "video_", "screen_"};

  unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }
  std::string pad_of(unsigned index) { return kKinds[index % 3] + std::to_string(index / 3); }
  unsigned any() { return pick(static_cast<unsigned>(inputs_.size())); }

  void come_or_go(Rig& rig) {
    const unsigned index = any();
    Input& input = inputs_[index];
    if (input.there) {
      rig.remove(pad_of(index));
    } else {
      rig.add(pad_of(index), index % 3 == 0 ? Rig::kAudioCaps : Rig::kSmall);
    }
    input = {.there = !input.there};
  }

  void change_format(Rig& rig) {
    const unsigned index = any();
    Input& input = inputs_[index];
    if (!input.there) return;
    std::string caps;
    if (index % 3 == 0) {
      constexpr int kRates[] = {4'000, 8'000, 44'100, 48'000, 192'000, 768'000};
      input.rate = kRates[pick(6)];
      caps = "audio/x-raw,format=F32LE,channels=1,layout=interleaved,rate=" +
             std::to_string(input.rate);
    } else {
      input.width = static_cast<int>(1 + pick(40));
      input.height = static_cast<int>(1 + pick(40));
      caps = "video/x-raw,format=GRAY8,framerate=0/1,width=" + std::to_string(input.width) +
             ",height=" + std::to_string(input.height);
    }
    gst_harness_set_src_caps_str(rig.input(pad_of(index)), caps.c_str());
  }

  void wish(Rig& rig) {
    constexpr const char* kNames[] = {"", "0", "1", "2", "3", "nobody"};
    switch (pick(3)) {
      case 0:
        rig.set("layout", pick(2) ? "gallery" : "speaker");
        break;
      case 1:
        rig.set("pinned", kNames[pick(6)]);
        break;
      default: {
        const unsigned index = any();
        if (inputs_[index].there) {
          rig.set_pad(pad_of(index).c_str(), "active", pick(2) ? "true" : "false");
        }
      }
    }
  }

  void flush_or_end(Rig& rig) {
    const unsigned index = any();
    if (!inputs_[index].there) return;
    GstHarness* input = rig.input(pad_of(index));
    gst_harness_push_event(input, gst_event_new_flush_start());
    gst_harness_push_event(input, gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(input, gst_event_new_segment(&segment));
  }

  GstClockTime some_time(GstClockTime now) {
    switch (pick(20)) {
      case 0:
        return pick(4) ? now + pick(100) * GST_SECOND : GST_CLOCK_TIME_NONE - 1 - pick(1000);
      case 1:
        return pick(1'000'000) * 1'000ull;
      case 2:
        return GST_CLOCK_TIME_NONE;
      case 3:
        return static_cast<GstClockTime>(std::numeric_limits<std::int64_t>::max()) + pick(3);
      default:
        return now + pick(800) * kMs;
    }
  }

  void bring(Rig& rig, GstClockTime now) {
    const unsigned index = any();
    const Input& input = inputs_[index];
    if (!input.there) return;
    const GstClockTime at = some_time(now);
    if (index % 3 != 0) {
      // Sometimes a buffer that is too short for its format, which is a broken picture.
      const std::size_t size = pick(10) ? 4096 : 1 + pick(16);
      const std::vector<std::uint8_t> bytes(size, static_cast<std::uint8_t>(pick(256)));
      rig.push(pad_of(index), bytes.data(), size, at, pick(100) * kMs);
      return;
    }
    std::vector<float> samples(1 + pick(3'000));
    const auto kind = pick(5);
    for (float& sample : samples) {
      switch (kind) {
        case 0:
          sample = std::numeric_limits<float>::quiet_NaN();
          break;
        case 1:
          sample = (pick(2) ? 1.0F : -1.0F) * std::numeric_limits<float>::infinity();
          break;
        case 2:
          std::memcpy(&sample, &(bits_ = static_cast<std::uint32_t>(random_())), sizeof sample);
          break;
        default:
          sample = static_cast<float>(pick(2'000)) / 1'000.0F - 1.0F;
      }
    }
    rig.push(pad_of(index), samples.data(), samples.size() * sizeof(float), at,
             GST_CLOCK_TIME_NONE);
  }

  std::mt19937 random_;
  std::vector<Input> inputs_ = std::vector<Input>(15);
  std::uint32_t bits_ = 0;
};

}  // namespace

TEST_CASE("whatever comes in, the output goes on tick by tick on one canvas") {
  const auto seed = static_cast<unsigned>(GENERATE(range(1, 13)));
  CAPTURE(seed);
  Rig rig(seed % 2 ? 400 * kMs : 0);
  rig.play();
  Chaos chaos(seed);
  for (guint64 n = 0; n < 300; ++n) {
    const Shown shown = rig.tick();
    REQUIRE(shown.pts == gst_util_uint64_scale(n, GST_SECOND, 30));
    chaos.disturb(rig, shown.pts);
  }
  const auto caps = rig.caps();
  const auto canvas = adopt(gst_caps_from_string(Rig::kCanvas));
  CHECK(gst_caps_is_subset(caps.get(), canvas.get()));
}

TEST_CASE(
    "the same samples in other blocks and with timestamps that jitter give the same pictures") {
  const auto run = [](unsigned seed, std::size_t block_max) {
    std::mt19937 random(seed);
    Rig rig;
    std::vector<std::pair<GstClockTime, int>> changes;
    for (const unsigned number : {0u, 1u}) {
      rig.add_speaker(number);
      rig.film(number, 0, 5 * GST_SECOND, 100 + static_cast<int>(number));
      const auto voice =
          speaker::test::speak(std::chrono::milliseconds(1500), 16'000, -20, 110 + 20 * number);
      const GstClockTime start = 500 * kMs + number * 2500 * kMs;
      for (std::size_t from = 0; from < voice.size();) {
        const std::size_t count =
            std::min(voice.size() - from, std::size_t{1} + random() % block_max);
        // Rounded as some senders do: to milliseconds.
        const GstClockTime at = start + gst_util_uint64_scale(from, GST_SECOND, 16'000);
        rig.push("audio_" + std::to_string(number), &voice[from], count * sizeof(float),
                 at / kMs * kMs, GST_CLOCK_TIME_NONE);
        from += count;
      }
    }
    return rig.run_until(5 * GST_SECOND);
  };
  const auto reference = run(1, 320);
  REQUIRE(reference.size() == 3);
  CHECK(run(2, 7) == reference);
  CHECK(run(3, 5'000) == reference);
}
