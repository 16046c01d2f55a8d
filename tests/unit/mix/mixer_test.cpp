// Goal: everybody hears everybody else, never too loud, and listeners share one mix. Method: tones
// as inputs, tick by tick; sums compared sample by sample with what they have to be.
#include "mix/mixer.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "tone.h"

using namespace spacecast;
using namespace spacecast::mix;
using namespace spacecast::mix::test;

namespace {

constexpr auto kDelay = static_cast<std::size_t>(Mixer::kDelay);

// A mixer, and all that it sent.
class Stage {
 public:
  // Plays each slot's sound from the present tick on.
  void play(std::size_t ticks, const std::map<unsigned, std::vector<Frame>>& sounds) {
    for (std::size_t tick = 0; tick < ticks; ++tick) {
      std::vector<Mixer::Input> inputs;
      for (const auto& [slot, sound] : sounds) {
        inputs.push_back({slot, std::span(sound).subspan(tick * kTickFrames, kTickFrames)});
      }
      keep(sum, mixer.tick(inputs));
      for (auto& [slot, frames] : minus) {
        const auto mix = mixer.minus(slot);
        keep(frames, mix);
        shared[slot].push_back(mix.shared);
      }
    }
  }
  Mixer mixer;
  std::vector<Frame> sum;
  std::map<unsigned, std::vector<Frame>> minus;
  std::map<unsigned, std::vector<bool>> shared;

 private:
  static void keep(std::vector<Frame>& to, const Mixer::Mix& mix) {
    CHECK(mix.silent == (peak(mix.frames) == 0));
    to.insert(to.end(), mix.frames.begin(), mix.frames.end());
  }
};

float difference(std::span<const Frame> a, std::span<const Frame> b) {
  float worst = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    worst = std::max({worst, std::abs(a[i].left - b[i].left), std::abs(a[i].right - b[i].right)});
  }
  return worst;
}

std::span<const Frame> after_delay(const std::vector<Frame>& frames) {
  return std::span(frames).subspan(kDelay);
}

std::vector<Frame> noise(std::size_t frames, float amplitude, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> sample(-amplitude, amplitude);
  std::vector<Frame> result(frames);
  for (Frame& frame : result) frame = {sample(random), sample(random)};
  return result;
}

}  // namespace

TEST_CASE("a return is the sum without oneself") {
  Stage stage;
  stage.minus = {{0, {}}, {1, {}}, {2, {}}};
  const auto a = tone(0, 96'000, 440, 0.3F);
  const auto b = tone(0, 96'000, 880, 0.3F);
  stage.play(100, {{0, a}, {1, b}});
  // A + B - A is B, to -100 dB.
  const std::size_t settled = 2 * kTickFrames;
  const auto rest = [&](const std::vector<Frame>& mix, const std::vector<Frame>& expected) {
    return difference(std::span(mix).subspan(settled + kDelay),
                      std::span(expected).subspan(settled));
  };
  CHECK(rest(stage.minus[0], b) < 1e-5F * 0.3F);
  CHECK(rest(stage.minus[1], a) < 1e-5F * 0.3F);
  CHECK(stage.minus[2] == stage.sum);
  CHECK(stage.shared[0].front() == false);
  CHECK(stage.shared[2] == std::vector<bool>(100, true));
}

TEST_CASE("a return is exact among thirteen") {
  Stage stage;
  stage.minus[5] = {};
  std::map<unsigned, std::vector<Frame>> all;
  std::vector<Frame> others(48'000);
  for (unsigned slot = 0; slot < 13; ++slot) {
    all[slot] = noise(48'000, 0.06F, slot);
    for (std::size_t i = 0; slot != 5 && i < others.size(); ++i) {
      others[i].left += all[slot][i].left;
      others[i].right += all[slot][i].right;
    }
  }
  stage.play(50, all);
  CHECK(difference(std::span(stage.minus[5]).subspan(960 + kDelay),
                   std::span(others).subspan(960)) < 1e-5F * 0.06F);
}

TEST_CASE("who left and who took the place are both oneself") {
  Mixer mixer;
  const auto a = tone(0, kTickFrames, 440, 0.3F);
  const std::vector<Mixer::Input> inputs = {{3, a}, {3, a}};
  for (int tick = 0; tick < 3; ++tick) {
    (void)mixer.tick(inputs);
    CHECK(mixer.minus(3).silent == (tick > 0));
  }
}

TEST_CASE("who does not talk shares, and comes and goes without a click") {
  Stage stage;
  stage.minus = {{0, {}}, {1, {}}};
  const auto program = tone(0, 48'000 * 4, 220, 0.2F);
  const auto murmur = tone(0, 48'000 * 4, 300, 0.002F);
  auto own = murmur;
  // Talks from 1 s to 1.5 s, with fades as the slot makes them.
  for (std::size_t i = 48'000; i < 72'000; ++i) {
    const auto edge = static_cast<float>(std::min(i - 48'000, 72'000 - i)) / kFade;
    own[i].left += 0.3F * fade_shape(std::min(1.0F, edge)) * program[i].left / 0.2F;
  }
  stage.play(200, {{0, own}, {1, program}});
  const auto& shared = stage.shared[0];
  CHECK(std::count(shared.begin(), shared.begin() + 50, false) == 0);
  CHECK(std::count(shared.begin() + 50, shared.begin() + 99, true) == 0);
  CHECK(std::count(shared.begin() + 105, shared.end(), false) == 0);
  CHECK(std::count(stage.shared[1].begin(), stage.shared[1].end(), true) == 0);
  // Not where the tone itself begins.
  CHECK(roughness(std::span(stage.minus[0]).subspan(kTickFrames)) < 0.002F);
  // In between it has the others alone.
  CHECK(difference(std::span(stage.minus[0]).subspan(52'800 + kDelay, 24'000),
                   std::span(program).subspan(52'800)) < 1e-5F);
}

TEST_CASE("silence is told") {
  Stage stage;
  stage.minus[0] = {};
  stage.play(10, {});
  CHECK(peak(stage.sum) == 0);
  stage.play(10, {{0, tone(0, 9600, 440)}});
  CHECK(peak(stage.sum) > 0.4F);
  // Nobody but oneself.
  CHECK(peak(std::span(stage.minus[0]).subspan(11 * kTickFrames + kDelay)) == 0);
}

TEST_CASE("nothing is above the ceiling, whatever comes") {
  const auto [a, b] = GENERATE(table<float, float>({{0.8F, 0.8F}, {8, 0.1F}, {1, 8}, {8, 8}}));
  Stage stage;
  stage.minus = {{0, {}}, {1, {}}};
  auto loud = noise(48'000, a, 1);
  std::ranges::fill(std::span(loud).subspan(20'000, 9'000), Frame{});
  stage.play(50, {{0, loud}, {1, tone(0, 48'000, 97, b)}});
  CHECK(peak(stage.sum) <= Limiter::kCeiling * 1.0001F);
  CHECK(peak(stage.minus[0]) <= Limiter::kCeiling * 1.0001F);
  CHECK(peak(stage.minus[1]) <= Limiter::kCeiling * 1.0001F);
}

TEST_CASE("the limiter leaves alone what is below the ceiling") {
  Limiter limiter;
  const auto sound = noise(9600, Limiter::kCeiling * 0.999F, 4);
  auto block = sound;
  limiter.process(block);
  CHECK(difference(after_delay(block), sound) == 0);
}

TEST_CASE("the limiter bends the gain and does not clip") {
  Limiter limiter;
  // One loud second among quiet ones.
  auto sound = tone(0, 48'000 * 4, 440, 0.4F);
  for (std::size_t i = 48'000; i < 96'000; ++i) sound[i].left = sound[i].right *= 5;
  auto block = sound;
  limiter.process(block);
  const auto loud = std::span(block).subspan(52'800, 38'400);
  const double level = std::abs(part_of(loud, 0, 440));
  CHECK(level == Approx(Limiter::kCeiling).epsilon(0.03));
  // Clipping to that level would have a third harmonic of -15 dB.
  CHECK(decibel(std::abs(part_of(loud, 0, 1320)) / level) < -40);
  // Steps in the input remain; the gain adds none: after the second it rises back slowly.
  CHECK(peak(std::span(block).subspan(96'500, 480)) < 0.3F);
  CHECK(std::abs(part_of(std::span(block).last(24'000), 0, 440)) == Approx(0.4).epsilon(0.01));
}

TEST_CASE("a return is limited by itself, and is taken up again where it agrees") {
  Stage stage;
  stage.minus = {{0, {}}, {1, {}}};
  // One shouts for a second, the other listens to a quiet third.
  auto shout = tone(0, 48'000 * 5, 440, 3);
  std::ranges::fill(std::span(shout).subspan(48'000), Frame{});
  for (std::size_t i = 0; i < kFade; ++i) {
    const float shape = fade_shape(static_cast<float>(i) / kFade);
    shout[i] = {shout[i].left * shape, shout[i].right * shape};
  }
  const auto quiet = tone(0, 48'000 * 5, 300, 0.1F);
  stage.play(250, {{0, shout}, {2, quiet}});
  // The shouter does not hear their own voice push the others down.
  CHECK(std::abs(part_of(std::span(stage.minus[0]).subspan(9600, 24'000), 0, 300)) ==
        Approx(0.1).epsilon(0.01));
  CHECK(std::abs(part_of(std::span(stage.minus[1]).subspan(9600, 24'000), 0, 300)) < 0.05);
  // Shared only when the sum has recovered, so that nothing jumps.
  const auto& shared = stage.shared[0];
  const auto again = std::find(shared.begin(), shared.end(), true) - shared.begin();
  CHECK(again > 75);
  CHECK(again < 200);
  CHECK(roughness(std::span(stage.minus[0]).subspan(48'500)) < 0.001F);
}
