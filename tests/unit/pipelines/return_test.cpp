// Goal: those who listen share one encode a tick, and nobody hears how an encoder of one's own
// comes and goes. Method: the mixer's own sums and returns are handed to listeners as the outlets
// would, tick by tick; what sinks are given goes through libopus's decoder.
#include <algorithm>
#include <barrier>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "mix/mixer.h"
#include "pipelines/return_listener.h"
#include "pipelines/shared_return.h"
#include "tests/return_sink.h"
#include "tests/unit/mix/tone.h"
#include "tests/voice.h"

using namespace spacecast;
using mix::Frame;
using mix::kTickFrames;
using mix::test::decibel;
using mix::test::part_of;
using test::KeepingSink;

namespace {

constexpr GstClockTime kTick = KeepingSink::kTick;

Ref<GstBuffer> to_buffer(std::uint64_t tick, std::span<const Frame> frames) {
  auto buffer = adopt(gst_buffer_new_memdup(frames.data(), frames.size_bytes()));
  GST_BUFFER_PTS(buffer.get()) = tick * kTick;
  return buffer;
}

// A mixer with the listeners of its slots; each tick goes to all of them in order of slot.
class Hall {
 public:
  Hall() { gst_init(nullptr, nullptr); }

  std::shared_ptr<KeepingSink> join(unsigned slot) {
    auto sink = std::make_shared<KeepingSink>();
    listeners_[slot] = std::make_unique<ReturnListener>(sink, shared_);
    return sink;
  }
  void leave(unsigned slot) { listeners_.erase(slot); }

  struct Tone {
    double hz = 0;
    float amplitude = 0.25F;
  };
  // What each slot says in this tick.
  void tick(const std::map<unsigned, Tone>& tones) {
    std::vector<std::vector<Frame>> blocks;
    std::vector<mix::Mixer::Input> inputs;
    for (const auto& [slot, tone] : tones) {
      blocks.push_back(mix::test::tone(static_cast<std::int64_t>(tick_ * kTickFrames), kTickFrames,
                                       tone.hz, tone.amplitude));
      inputs.push_back({slot, blocks.back()});
    }
    const auto sum = to_buffer(tick_, mixer_.tick(inputs).frames);
    for (auto& [slot, listener] : listeners_) {
      const auto back = mixer_.minus(slot);
      listener->take(back.shared ? sum.get() : to_buffer(tick_, back.frames).get(), back.shared);
    }
    ++tick_;
  }
  void skip(std::uint64_t ticks) { tick_ += ticks; }
  [[nodiscard]] std::uint64_t now() const { return tick_; }

 private:
  mix::Mixer mixer_;
  std::shared_ptr<SharedReturn> shared_ = std::make_shared<SharedReturn>();
  std::map<unsigned, std::unique_ptr<ReturnListener>> listeners_;
  std::uint64_t tick_ = 0;
};

// What is in a tick's time besides a tone of that frequency, at its highest, in dB below it.
double residue(std::span<const Frame> frames, std::size_t tick, double hz) {
  const std::size_t begin = (tick - 1) * kTickFrames;
  const auto around = frames.subspan(begin, 3 * kTickFrames);
  const auto tone = part_of(around, static_cast<std::int64_t>(begin), hz);
  double highest = 0;
  for (std::size_t i = begin + kTickFrames; i < begin + 2 * kTickFrames; ++i) {
    const double seconds = static_cast<double>(i) / mix::kRate;
    const auto value = tone * std::polar(1.0, 2 * std::numbers::pi * hz * seconds);
    highest = std::max(highest, std::abs(static_cast<double>(frames[i].left) - value.real()));
  }
  return decibel(highest / std::abs(tone));
}

// The highest difference within a tick, in dB below full scale.
double difference(std::span<const Frame> one, std::span<const Frame> other) {
  double highest = 1e-6;
  for (std::size_t i = 0; i < one.size(); ++i) {
    highest = std::max(highest, static_cast<double>(std::abs(one[i].left - other[i].left)));
  }
  return decibel(highest);
}

}  // namespace

TEST_CASE("nobody hears how another encoder takes over, and all who listen have the same packets") {
  Hall hall;
  const auto talker = hall.join(0);
  const auto listener = hall.join(2);
  for (int tick = 0; tick < 500; ++tick) {
    std::map<unsigned, Hall::Tone> tones{{1, {880}}};
    const int moment = tick % 150;
    // The mixer knows of a voice from its first samples on; the first millisecond is heard.
    if (moment == 60) tones[0] = {440, 0.005F};
    if (moment > 60 && moment < 100) tones[0] = {440};
    hall.tick(tones);
  }
  // From the first packet that looks at nothing before it.
  const auto ticks = talker->ticks();
  REQUIRE(ticks == listener->ticks());
  CHECK(ticks.front() <= 5);
  REQUIRE(ticks.back() == 499);
  REQUIRE(ticks.size() == 500 - ticks.front());
  CHECK(talker->disconts().empty());

  std::vector<bool> shares;
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    shares.push_back(talker->packets()[i].get() == listener->packets()[i].get());
  }
  std::size_t changes = 0;
  for (std::size_t i = 1; i < shares.size(); ++i) changes += shares[i] != shares[i - 1];
  CHECK(changes == 6);
  CHECK(shares[60 - ticks.front() - 1]);
  CHECK_FALSE(shares[60 - ticks.front()]);

  // The codec's own noise on this tone is about 44 dB below it, 38 at its highest.
  const auto heard = talker->decoded();
  double highest = -100;
  for (std::size_t tick = 10; tick + 2 < ticks.size(); ++tick) {
    highest = std::max(highest, residue(heard, tick, 880));
  }
  CHECK(highest < -34);
  const auto settled = std::span(heard).subspan(70 * kTickFrames, 20 * kTickFrames);
  const auto own = std::abs(part_of(settled, 0, 440));
  CHECK(decibel(own / std::abs(part_of(settled, 0, 880))) < -50);
}

TEST_CASE("who has talked hears at once what the others hear") {
  gst_init(nullptr, nullptr);
  const auto voice = speaker::test::speak(std::chrono::seconds(10), 48'000, -12);
  const auto shared = std::make_shared<SharedReturn>();
  const auto talker = std::make_shared<KeepingSink>();
  const auto listener = std::make_shared<KeepingSink>();
  ReturnListener talking(talker, shared), listening(listener, shared);
  mix::Mixer mixer;
  for (std::uint64_t tick = 0; tick < 499; ++tick) {
    std::vector<Frame> block(kTickFrames);
    for (std::size_t i = 0; i < kTickFrames; ++i) {
      block[i].left = block[i].right = voice[tick * kTickFrames + i];
    }
    const auto word =
        mix::test::tone(static_cast<std::int64_t>(tick * kTickFrames), kTickFrames, 440, 0.1F);
    std::vector<mix::Mixer::Input> inputs{{1, block}};
    if (tick % 40 < 3) inputs.push_back({0, word});
    const auto sum = to_buffer(tick, mixer.tick(inputs).frames);
    const auto back = mixer.minus(0);
    talking.take(back.shared ? sum.get() : to_buffer(tick, back.frames).get(), back.shared);
    listening.take(sum.get(), true);
  }
  const auto begin = listener->ticks().front() - talker->ticks().front();
  const auto one = talker->decoded();
  const auto other = listener->decoded();
  std::size_t returns = 0;
  for (std::size_t tick = 0; tick + 3 < other.size() / kTickFrames; ++tick) {
    const auto packet = [&](std::size_t of) { return talker->packets()[begin + of].get(); };
    if (packet(tick) == listener->packets()[tick].get() ||
        packet(tick + 1) != listener->packets()[tick + 1].get()) {
      continue;
    }
    ++returns;
    const auto differs = [&](std::size_t of) {
      return difference(std::span(one).subspan((begin + of) * kTickFrames, kTickFrames),
                        std::span(other).subspan(of * kTickFrames, kTickFrames));
    };
    // As two encoders differ that hear the same, about 25 dB below the voice; then no more.
    CHECK(differs(tick + 1) < -28);
    CHECK(differs(tick + 2) < -55);
    CHECK(differs(tick + 3) < -55);
  }
  CHECK(returns == 12);
}

TEST_CASE("one encode a tick for all who listen, one more for each who talks") {
  Hall hall;
  std::vector<std::shared_ptr<KeepingSink>> stage;
  for (unsigned slot = 0; slot < 13; ++slot) stage.push_back(hall.join(slot));
  for (int tick = 0; tick < 100; ++tick) hall.tick({{3, {440}}, {7, {880}}});
  std::map<guint64, std::set<GstBuffer*>> encodes;
  for (const auto& heard : stage) {
    for (const auto& packet : heard->packets()) {
      GstBuffer* buffer = gst_sample_get_buffer(packet.get());
      encodes[GST_BUFFER_PTS(buffer) / kTick].insert(buffer);
    }
  }
  REQUIRE(encodes.size() == 100);
  for (const auto& [tick, buffers] : encodes) {
    if (tick >= 5) CHECK(buffers.size() == 3);
  }
  CHECK(stage[0]->packets().back().get() == stage[12]->packets().back().get());
}

TEST_CASE("newcomers and leavers are nothing to the others") {
  Hall hall;
  const std::map<unsigned, Hall::Tone> tones{{1, {880}}};
  const auto steady = hall.join(0);
  while (hall.now() < 100) hall.tick(tones);
  const auto late = hall.join(2);
  while (hall.now() < 200) hall.tick(tones);
  hall.leave(2);
  while (hall.now() < 300) hall.tick(tones);
  const auto ticks = steady->ticks();
  CHECK(ticks.size() == 300 - ticks.front());
  CHECK(steady->disconts().empty());
  // The members' encoder is warm: the next packet but one can begin.
  REQUIRE(late->ticks().front() <= 102);
  CHECK(late->ticks().back() == 199);
  // With its first packet a decoder is where it should be.
  const auto heard = late->decoded();
  CHECK(residue(heard, 3, 880) < -34);

  // With nobody there, nothing is encoded; whoever comes then begins as well.
  hall.leave(0);
  while (hall.now() < 400) hall.tick(tones);
  const auto again = hall.join(0);
  while (hall.now() < 420) hall.tick(tones);
  CHECK(again->ticks().front() <= 405);
  CHECK(again->disconts().empty());
  CHECK(residue(again->decoded(), 5, 880) < -34);
}

TEST_CASE("where ticks were left out, that is said, once, to everybody") {
  Hall hall;
  const auto talker = hall.join(0);
  const auto listener = hall.join(2);
  const std::map<unsigned, Hall::Tone> tones{{0, {440}}, {1, {880}}};
  while (hall.now() < 100) hall.tick(tones);
  hall.skip(60);
  while (hall.now() < 200) hall.tick(tones);
  CHECK(talker->disconts() == std::vector<guint64>{160});
  CHECK(listener->disconts() == std::vector<guint64>{160});
  CHECK(listener->ticks().size() == 140 - listener->ticks().front());
}

TEST_CASE(
    "outlets that run apart, each on a thread of its own, lose nothing and share everything") {
  gst_init(nullptr, nullptr);
  constexpr unsigned kSlots = 6;
  constexpr std::uint64_t kTicks = 400;
  std::vector<Ref<GstBuffer>> sums;
  for (std::uint64_t tick = 0; tick < kTicks; ++tick) {
    sums.push_back(to_buffer(
        tick, mix::test::tone(static_cast<std::int64_t>(tick * kTickFrames), kTickFrames, 880)));
  }
  const auto shared = std::make_shared<SharedReturn>();
  std::vector<std::shared_ptr<KeepingSink>> heard(kSlots);
  for (auto& sink : heard) sink = std::make_shared<KeepingSink>();
  // Nobody is further ahead than that.
  std::barrier together(kSlots);
  {
    std::vector<std::jthread> outlets;
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      outlets.emplace_back([&, slot] {
        auto listener = std::make_unique<ReturnListener>(heard[slot], shared);
        for (std::uint64_t tick = 0; tick < kTicks; ++tick) {
          if (tick % 40 == 0) together.arrive_and_wait();
          // One comes and goes, two talk now and then.
          if (slot == 0 && tick % 100 == 50) listener.reset();
          if (slot == 0 && tick % 100 == 70) {
            listener = std::make_unique<ReturnListener>(heard[slot], shared);
          }
          const bool talks = slot % 3 == 1 && tick % 60 >= 20 + slot * 5 && tick % 60 < 50;
          if (listener) listener->take(sums[tick].get(), !talks);
        }
      });
    }
  }
  std::map<guint64, std::set<GstBuffer*>> encodes;
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    const auto ticks = heard[slot]->ticks();
    CHECK(std::ranges::is_sorted(ticks));
    if (slot != 0) CHECK(ticks.size() == kTicks - ticks.front());
    if (slot % 3 == 1) continue;
    for (const auto& packet : heard[slot]->packets()) {
      GstBuffer* buffer = gst_sample_get_buffer(packet.get());
      encodes[GST_BUFFER_PTS(buffer) / kTick].insert(buffer);
    }
  }
  for (const auto& [tick, buffers] : encodes) CHECK(buffers.size() == 1);
}
