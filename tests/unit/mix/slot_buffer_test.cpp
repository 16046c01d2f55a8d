// Goal: one speaker's sound is heard where its timestamps say, without a click, whatever the
// network and the speaker's clock do. Method: tones pushed with simulated timestamps, ticks taken
// out, and the result compared with the tone that should be there.
#include "mix/slot_buffer.h"

#include <catch2/catch.hpp>
#include <limits>
#include <random>

#include "tone.h"

using namespace spacecast;
using namespace spacecast::mix;
using namespace spacecast::mix::test;
using namespace std::chrono_literals;

namespace {

constexpr double kHz = 440;
// Of the tone itself, at an amplitude of 0.5: (2 pi 440 / 48000)^2 / 2, and what a fade adds.
constexpr float kSmooth = 0.0025F;

MediaTime time_of(double frame) {
  return MediaTime(static_cast<std::int64_t>(std::llround(frame * 1e9 / kRate)));
}

// A buffer whose ticks follow a source by 100 ms, and all that was read since keep().
class Listener {
 public:
  explicit Listener(std::int64_t first = 0) : buffer(first), next_(first) {}

  void read(std::size_t ticks = 1) {
    for (; ticks > 0; --ticks) {
      std::array<Frame, kTickFrames> block;
      heard.push_back(buffer.read(next_, block));
      next_ += kTickFrames;
      frames.insert(frames.end(), block.begin(), block.end());
    }
  }
  void push(double at, std::span<const Frame> block) { buffer.push(time_of(at), block); }
  [[nodiscard]] std::span<const Frame> part(std::int64_t from, std::int64_t to) const {
    return std::span(frames).subspan(static_cast<std::size_t>(from),
                                     static_cast<std::size_t>(to - from));
  }
  [[nodiscard]] std::int64_t next() const { return next_; }
  void keep_last(std::size_t count) {
    frames.erase(frames.begin(), frames.end() - static_cast<std::ptrdiff_t>(count));
  }

  SlotBuffer buffer;
  std::vector<Frame> frames;
  std::vector<bool> heard;

 private:
  std::int64_t next_;
};

// Where `frames` differ most from the tone.
float error_to_tone(std::span<const Frame> frames, std::int64_t first) {
  const auto expected = tone(first, frames.size(), kHz);
  float worst = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    worst = std::max(worst, std::abs(frames[i].left - expected[i].left));
  }
  return worst;
}

}  // namespace

TEST_CASE("sound is where its timestamp says, in blocks of any size") {
  const std::size_t block = GENERATE(1, 120, 441, 960, 2880);
  Listener listener;
  const auto sound = tone(0, 48'000, kHz);
  for (std::size_t at = 0; at < sound.size(); at += block) {
    listener.push(static_cast<double>(at),
                  std::span(sound).subspan(at, std::min(block, sound.size() - at)));
  }
  listener.read(49);
  CHECK(error_to_tone(listener.part(kFade, 46'000), kFade) < 1e-4F);
  CHECK(listener.buffer.stretches() == 1);
  CHECK(listener.buffer.late() == 0);
}

TEST_CASE("a start between two frames of the grid is kept to the fraction") {
  Listener listener;
  const double start = 1000.37;
  listener.push(start, tone(0, 9600, kHz));
  listener.read(10);
  const auto heard = part_of(listener.part(1920, 8640), 1920, kHz);
  const double expected = -std::numbers::pi / 2 - 2 * std::numbers::pi * kHz * start / kRate;
  CHECK(std::abs(std::remainder(std::arg(heard) - expected, 2 * std::numbers::pi)) < 1e-3);
}

TEST_CASE("an hour with a clock that is off, without a splice") {
  const auto [ppm, jitter] = GENERATE(table<double, double>({{-200, 0}, {200, 0.002}}));
  std::mt19937 random(7);
  std::uniform_real_distribution<double> shake(-jitter, jitter);
  Listener listener;
  const double frame = 1 / (1 + ppm * 1e-6);  // Of the source, on the grid.
  std::int64_t sent = 0;
  float roughest = 0;
  double worst_phase = 0;
  double worst_rest = -200;
  constexpr int kHour = 3600 * 50;
  for (int tick = 0; tick < kHour; ++tick) {
    // What the source has sent by then, with timestamps of the pipeline's clock.
    while (static_cast<double>(sent) * frame < static_cast<double>(tick + 5) * kTickFrames) {
      // Around the second that is judged below it is a tone; other times cost no sines.
      static const std::vector<Frame> silence(kTickFrames);
      const bool watched = sent / kRate % 60 >= 57 || sent / kRate % 60 < 2;
      const auto block = watched ? tone(sent, kTickFrames, kHz, 0.5F, ppm) : silence;
      listener.push(static_cast<double>(sent) * frame + shake(random) * kRate, block);
      sent += kTickFrames;
    }
    listener.read();
    listener.keep_last(std::min<std::size_t>(listener.frames.size(), 48'000));
    // A second of it each minute, at 59 s, once the clock is known.
    if (tick % 3000 != 2999 || tick < 9000) continue;
    const std::int64_t first = listener.next() - 48'000;
    const std::span<const Frame> second = listener.frames;
    roughest = std::max(roughest, roughness(second));
    const auto heard = part_of(second, first, kHz);
    // The phase tells how far sound and timestamp are apart.
    const double off =
        std::remainder(std::arg(heard) + std::numbers::pi / 2, 2 * std::numbers::pi) /
        (2 * std::numbers::pi * kHz);
    worst_phase = std::max(worst_phase, std::abs(off));
    // And the rest, with the tone taken out, is no tone: noise, harmonics, clicks.
    double rest = 0;
    for (std::size_t i = 0; i < second.size(); ++i) {
      const double seconds = static_cast<double>(first + static_cast<std::int64_t>(i)) / kRate;
      const auto carrier = std::polar(1.0, 2 * std::numbers::pi * kHz * seconds);
      rest += std::pow(static_cast<double>(second[i].left) - (heard * carrier).real(), 2);
    }
    worst_rest =
        std::max(worst_rest, decibel(std::sqrt(rest / static_cast<double>(second.size())) / 0.354));
  }
  INFO("phase " << worst_phase * 1e6 << " us, rest " << worst_rest << " dB, drift "
                << listener.buffer.drift_ppm());
  CHECK(listener.buffer.stretches() == 1);
  CHECK(listener.buffer.late() == 0);
  CHECK(listener.buffer.drift_ppm() == Approx(ppm).margin(jitter == 0 ? 1 : 20));
  CHECK(roughest < kSmooth);
  CHECK(worst_phase < (jitter == 0 ? 10e-6 : 300e-6));
  // With jitter, the tone wavers slowly around its pitch by some parts per million.
  if (jitter == 0) CHECK(worst_rest < -80);
}

TEST_CASE("sound fades in and out at its ends") {
  Listener listener;
  // Cosine-like: the first sample is the loudest.
  const auto all = tone(27, 10'000, kHz);
  listener.push(2000, std::span(all).first(5000));
  listener.read(12);
  CHECK(roughness(listener.frames) < kSmooth);
  CHECK(peak(listener.part(0, 2000)) == 0);
  CHECK(peak(listener.part(2400, 6700)) > 0.49F);
  CHECK(peak(listener.part(7000, 11'000)) == 0);
  CHECK(listener.heard[0] == false);
  CHECK(listener.heard[3] == true);
  CHECK(listener.heard[11] == false);
}

TEST_CASE("gaps, jumps and repeats make no click and move nothing else") {
  const auto sound = tone(0, 60'000, kHz);
  Listener listener;
  const auto send = [&](std::int64_t at, std::int64_t frames) {
    listener.push(
        static_cast<double>(at),
        std::span(sound).subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(frames)));
  };
  SECTION("a lost packet") {
    for (std::int64_t at = 0; at < 57'600; at += 960) {
      if (at != 28'800) send(at, 960);
    }
    listener.read(59);
    CHECK(peak(listener.part(28'800, 29'760)) == 0);
    CHECK(error_to_tone(listener.part(kFade, 28'500), kFade) < 1e-4F);
    CHECK(error_to_tone(listener.part(30'000, 56'000), 30'000) < 1e-4F);
    CHECK(listener.buffer.stretches() == 2);
  }
  SECTION("a packet of 10 ms that is lost") {
    for (std::int64_t at = 0; at < 57'600; at += 480) {
      if (at != 28'800) send(at, 480);
    }
    listener.read(59);
    CHECK(peak(listener.part(28'800, 29'280)) == 0);
    CHECK(error_to_tone(listener.part(29'520, 56'000), 29'520) < 1e-4F);
  }
  SECTION("every packet twice") {
    for (std::int64_t at = 0; at < 57'600; at += 960) {
      send(at, 960);
      send(at, 960);
    }
    listener.read(58);
    CHECK(error_to_tone(listener.part(kFade, 55'000), kFade) < 1e-4F);
    CHECK(listener.buffer.stretches() == 1);
  }
  SECTION("timestamps that jump ahead and come back") {
    for (std::int64_t at = 0; at < 57'600; at += 960) {
      send(at, 960);
      if (at == 28'800) listener.push(80'000, std::span(sound).first(960));
    }
    listener.read(59);
    CHECK(error_to_tone(listener.part(31'000, 56'000), 31'000) < 1e-4F);
    CHECK(listener.buffer.stretches() == 3);
  }
  SECTION("another sound at the same place") {
    for (std::int64_t at = 0; at < 28'800; at += 960) send(at, 960);
    // 60 ms back in time: what is there stays, the rest follows it.
    const auto other = tone(11, 28'800, 300, 0.5F);
    listener.push(28'800 - 2880, other);
    listener.read(57);
    CHECK(error_to_tone(listener.part(kFade, 28'500), kFade) < 1e-4F);
    CHECK(peak(listener.part(29'500, 54'000)) > 0.49F);
  }
  CHECK(roughness(listener.frames) < kSmooth);
}

TEST_CASE("what comes late is dropped and what follows is heard") {
  Listener listener;
  const auto sound = tone(0, 48'000, kHz);
  listener.push(0, std::span(sound).first(4800));
  listener.read(10);
  listener.push(4800, std::span(sound).subspan(4800, 9600));
  listener.push(14'400, std::span(sound).subspan(14'400, 4800));
  listener.read(9);
  // All but what the next packet's first frames are made with.
  CHECK(listener.buffer.late() >= 4800);
  CHECK(listener.buffer.late() < 4850);
  CHECK(peak(listener.part(4800, 9600)) == 0);
  CHECK(error_to_tone(listener.part(9600 + kFade, 18'000), 9600 + kFade) < 1e-4F);
  CHECK(roughness(listener.frames) < kSmooth);
}

TEST_CASE("a source that begins anew or goes fades out") {
  Listener listener;
  listener.push(0, tone(0, 48'000, kHz));
  listener.read(10);
  CHECK_FALSE(listener.buffer.empty());
  listener.buffer.cut();
  SECTION("and goes") {
    listener.read(2);
    CHECK(listener.buffer.empty());
    CHECK(peak(listener.part(9600 + kFade, 11'520)) == 0);
  }
  SECTION("and comes back") {
    listener.push(9600, tone(33, 9600, kHz));
    listener.read(8);
    CHECK(peak(listener.part(10'500, 17'000)) > 0.49F);
  }
  CHECK(roughness(listener.frames) < kSmooth);
}

TEST_CASE("ticks that were skipped begin with a fade") {
  Listener listener;
  listener.push(0, tone(0, 48'000, kHz));
  listener.read(10);
  std::array<Frame, kTickFrames> block;
  REQUIRE(listener.buffer.read(24'000, block));
  CHECK(std::abs(block[0].left) < 1e-3F);
  CHECK(roughness(block) < kSmooth);
  // And time does not go back.
  CHECK_FALSE(listener.buffer.read(0, block));
  CHECK(peak(block) == 0);
}

TEST_CASE("what is no number is silence, and too loud is bounded") {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInf = std::numeric_limits<float>::infinity();
  Listener listener;
  std::vector<Frame> bad(4800, Frame{kNaN, kInf});
  bad[2000] = {1e30F, -kInf};
  listener.push(0, bad);
  listener.read(4);
  for (const Frame& frame : listener.frames) {
    REQUIRE(std::isfinite(frame.left));
    REQUIRE(std::isfinite(frame.right));
  }
  CHECK(peak(listener.frames) < 9);
  CHECK(peak(listener.part(0, 1900)) == 0);
}

TEST_CASE("nonsense is bounded and does no harm") {
  Listener listener;
  const auto sound = tone(0, 960, kHz);
  for (const auto time : {MediaTime(-1), MediaTime::min(), MediaTime::max(),
                          MediaTime(std::chrono::hours(24 * 4000))}) {
    listener.buffer.push(time, sound);
  }
  CHECK(listener.buffer.empty());
  // Thousands of stretches, all over the place.
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    listener.push(static_cast<double>(random() % 400'000), std::span(sound).first(1 + i % 960));
    if (i % 100 == 0) listener.read();
  }
  CHECK(peak(listener.frames) < 0.6F);
  // Far ahead of its time, there is no room; in time, there is.
  listener.read(10);
  const auto now = static_cast<double>(listener.next());
  listener.push(now + SlotBuffer::kCapacity + 2000, sound);
  listener.read(200);
  CHECK(listener.heard.back() == false);
}
