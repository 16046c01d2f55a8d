// Goal: what goes back from the program: to each on stage everybody's sound but their own, to
// monitors all of it, to all of them the very picture that viewers get; and that nobody who
// listens, blocks, comes or goes is felt by others. Method: the program that ships in real time,
// people who say tones, sinks that keep what they are given.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <condition_variable>
#include <map>
#include <numbers>
#include <set>
#include <span>
#include <thread>

#include "program_rig.h"
#include "tests/return_sink.h"
#include "tests/unit/mix/tone.h"

using namespace spacecast;
using mix::test::decibel;
using mix::test::part_of;
using test::KeepingSink;
using test::Stage;
using test::Talker;

namespace {

constexpr GstClockTime kTick = KeepingSink::kTick;

std::vector<float> tone(double hz) {
  std::vector<float> second(Talker::kRate);
  for (std::size_t i = 0; i < second.size(); ++i) {
    second[i] = static_cast<float>(
        0.2 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / Talker::kRate));
  }
  return second;
}

// How loud a tone is in the last half second of what a sink has heard.
double level(const KeepingSink& sink, double hz) {
  const auto heard = sink.decoded();
  REQUIRE(heard.size() > 24'000);
  return std::abs(part_of(std::span(heard).last(24'000), 0, hz));
}

// Nothing is missing, but where a machine that lags by more than a second left sound out and said
// so.
bool continuous(const KeepingSink& sink) {
  const auto ticks = sink.ticks();
  std::vector<guint64> behind_gaps;
  for (std::size_t i = 1; i < ticks.size(); ++i) {
    if (ticks[i] != ticks[i - 1] + 1) behind_gaps.push_back(ticks[i]);
  }
  return !ticks.empty() && behind_gaps == sink.disconts();
}

bool is_keyframe(const Ref<GstSample>& unit) {
  return !GST_BUFFER_FLAG_IS_SET(gst_sample_get_buffer(unit.get()), GST_BUFFER_FLAG_DELTA_UNIT);
}

std::vector<guint8> bytes_of(const Ref<GstSample>& unit) {
  GstBuffer* buffer = gst_sample_get_buffer(unit.get());
  std::vector<guint8> bytes(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  return bytes;
}

// With the four bytes of their lengths.
std::vector<std::span<const guint8>> nal_units(std::span<const guint8> unit) {
  std::vector<std::span<const guint8>> nals;
  while (!unit.empty()) {
    const std::size_t size = 4 + GST_READ_UINT32_BE(unit.data());
    REQUIRE(size <= unit.size());
    nals.push_back(unit.first(size));
    unit = unit.subspan(size);
  }
  return nals;
}

// All that was published of a rendition.
std::vector<guint8> published(const hls::RenditionState& rendition) {
  std::vector<guint8> all;
  for (const auto& segment : rendition.segments) {
    for (const auto& part : segment->parts) {
      if (part.bytes) all.insert(all.end(), part.bytes->begin(), part.bytes->end());
    }
  }
  return all;
}

// How many access units are there one after the other, at most. (Where the machine stalls, the
// packager leaves some out.)
int in_a_row(const std::vector<Ref<GstSample>>& units, const std::vector<guint8>& media) {
  int run = 0, longest = 0;
  auto from = media.begin();
  for (const auto& unit : units) {
    const auto bytes = bytes_of(unit);
    bool all = true;
    for (const auto& nal : nal_units(bytes)) {
      // Parameter sets repeat what the init segment says, and are left out there.
      if (const int type = nal[4] & 31; type == 7 || type == 8) continue;
      const auto found = std::search(from, media.end(), nal.begin(), nal.end());
      all = all && found != media.end();
      if (all) from = found + static_cast<std::ptrdiff_t>(nal.size());
    }
    run = all ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

// Holds its outlet's thread up, as no sink should.
class BlockingSink final : public KeepingSink {
 public:
  void take_audio(const Ref<GstSample>& packet) override {
    blocked_ = true;
    KeepingSink::take_audio(packet);
    std::unique_lock lock(gate_);
    changed_.wait(lock, [this] { return free_; });
  }
  void let_go() {
    const std::lock_guard lock(gate_);
    free_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] bool blocked() const { return blocked_; }

 private:
  std::atomic<bool> blocked_ = false;
  std::mutex gate_;
  std::condition_variable changed_;
  bool free_ = false;
};

}  // namespace

TEST_CASE("two who talk hear each other and not themselves; who listens shares one encode") {
  Stage stage;
  std::vector<std::unique_ptr<ProgramSlot>> slots;
  std::vector<std::shared_ptr<KeepingSink>> sinks;
  for (int i = 0; i < 5; ++i) {
    slots.push_back(std::move(*stage.program->acquire("Guest")));
    sinks.push_back(std::make_shared<KeepingSink>());
    slots.back()->set_return(sinks.back());
  }
  const auto monitor = std::make_shared<KeepingSink>();
  const auto monitoring = stage.program->monitor(monitor);
  const Talker first(*slots[0], *stage.program, tone(440));
  const Talker second(*slots[1], *stage.program, tone(880));
  // From the mouth into the mix it takes 190 ms.
  sinks.push_back(monitor);
  REQUIRE(stage.wait_for([&] {
    return std::ranges::all_of(sinks, [](const auto& sink) {
      const auto ticks = sink->ticks();
      return ticks.size() > 100 && ticks.back() - ticks[ticks.size() - 30] == 29;
    });
  }));

  CHECK(level(*sinks[0], 880) == Approx(0.2).epsilon(0.1));
  CHECK(decibel(level(*sinks[0], 440) / 0.2) < -50);
  CHECK(level(*sinks[1], 440) == Approx(0.2).epsilon(0.1));
  CHECK(decibel(level(*sinks[1], 880) / 0.2) < -50);
  CHECK(level(*monitor, 440) == Approx(0.2).epsilon(0.1));
  CHECK(level(*monitor, 880) == Approx(0.2).epsilon(0.1));
  for (const auto& sink : sinks) CHECK(continuous(*sink));

  // Of the last second that all have: two encodes for the two, one for the four others.
  std::map<guint64, std::vector<GstBuffer*>> given;
  for (const auto& sink : sinks) {
    for (const auto& packet : sink->packets()) {
      GstBuffer* buffer = gst_sample_get_buffer(packet.get());
      given[GST_BUFFER_PTS(buffer) / kTick].push_back(buffer);
    }
  }
  int complete = 0;
  for (const auto& [tick, buffers] : given) {
    if (buffers.size() != sinks.size() || tick + 50 < sinks[0]->ticks().back()) continue;
    ++complete;
    CHECK(std::set(buffers.begin(), buffers.end()).size() == 3);
  }
  CHECK(complete > 25);

  // Nobody but who left feels that they did.
  slots[4]->set_return(nullptr);
  const std::size_t left = sinks[4]->ticks().size();
  slots.erase(slots.begin() + 3);
  const std::size_t now = monitor->ticks().size();
  REQUIRE(stage.wait_for([&] { return monitor->ticks().size() >= now + 30; }));
  CHECK(sinks[4]->ticks().size() <= left + 1);
  CHECK(continuous(*sinks[2]));
  CHECK(continuous(*monitor));
  CHECK_FALSE(stage.fault);
}

TEST_CASE("the picture that goes back is the viewers', to the byte, and begins with a keyframe") {
  Stage stage;
  auto slot = std::move(*stage.program->acquire("Ada"));
  const auto early = std::make_shared<KeepingSink>();
  const auto late = std::make_shared<KeepingSink>();
  slot->set_return(early);
  REQUIRE(stage.wait_for([&] { return early->units().size() >= 40; }));
  const auto monitoring = stage.program->monitor(late);
  // Hundreds come in the meantime.
  std::unique_ptr<ReturnSubscription> another;
  REQUIRE(stage.wait_for([&] {
    another = stage.program->monitor(std::make_shared<KeepingSink>());
    return late->units().size() >= 40;
  }));

  for (const auto& sink : {early, late}) CHECK(is_keyframe(sink->units().front()));
  const auto units = early->units();
  const auto joined = late->units().front();
  REQUIRE(std::ranges::find(units, joined) != units.end());
  // Keyframes are where they would have been: about one in thirty.
  CHECK(static_cast<std::size_t>(std::ranges::count_if(units, is_keyframe)) < units.size() / 10);

  const GstStructure* format = gst_caps_get_structure(gst_sample_get_caps(units[0].get()), 0);
  CHECK(gst_structure_has_name(format, "video/x-h264"));
  CHECK(gst_structure_has_field(format, "codec_data"));
  const auto now = gst_clock_get_time(stage.program->clock().get()) - stage.program->base_time();
  GstClockTimeDiff before = -1;
  for (const auto& unit : units) {
    GstBuffer* buffer = gst_sample_get_buffer(unit.get());
    CHECK(static_cast<GstClockTimeDiff>(GST_BUFFER_PTS(buffer)) > before);
    CHECK(GST_BUFFER_PTS(buffer) < now);
    CHECK(GST_BUFFER_DTS(buffer) <= GST_BUFFER_PTS(buffer));
    before = static_cast<GstClockTimeDiff>(GST_BUFFER_PTS(buffer));
  }

  REQUIRE(stage.store->snapshot()->renditions[0].info->height == 720);
  std::size_t parts = 0;
  REQUIRE(stage.wait_for([&] {
    if (stage.published_parts() < parts + 3) return false;
    parts = stage.published_parts();
    return in_a_row(early->units(), published(stage.store->snapshot()->renditions[0])) >= 30;
  }));
  CHECK_FALSE(stage.fault);
}

TEST_CASE("of a ladder the smallest picture of at least 360 lines goes back") {
  Stage stage("720p,360p,240p");
  const auto sink = std::make_shared<KeepingSink>();
  const auto monitoring = stage.program->monitor(sink);
  REQUIRE(stage.wait_for([&] { return !sink->units().empty(); }));
  int lines = 0;
  const auto units = sink->units();
  gst_structure_get_int(gst_caps_get_structure(gst_sample_get_caps(units[0].get()), 0), "height",
                        &lines);
  CHECK(lines == 360);
}

TEST_CASE("a sink that blocks holds up nobody else's sound, and goes on when it can") {
  Stage stage;
  auto slot = std::move(*stage.program->acquire("Ada"));
  auto other = std::move(*stage.program->acquire("Ben"));
  const auto steady = std::make_shared<KeepingSink>();
  const auto blocking = std::make_shared<BlockingSink>();
  const auto monitor = std::make_shared<KeepingSink>();
  // A program does not end while a sink blocks.
  const std::unique_ptr<BlockingSink, void (*)(BlockingSink*)> at_the_end(
      blocking.get(), [](BlockingSink* sink) { sink->let_go(); });
  slot->set_return(steady);
  const auto monitoring = stage.program->monitor(monitor);
  REQUIRE(stage.wait_for([&] { return steady->ticks().size() > 10; }));
  other->set_return(blocking);
  REQUIRE(stage.wait_for([&] { return blocking->blocked(); }));
  const std::size_t then = steady->ticks().size();
  REQUIRE(stage.wait_for([&] { return steady->ticks().size() > then + 100; }));
  CHECK(blocking->ticks().size() == 1);
  blocking->let_go();
  const std::size_t now = steady->ticks().size();
  REQUIRE(stage.wait_for([&] { return blocking->ticks().size() > now - then; }));
  // What it missed is a gap; an outlet keeps a second.
  CHECK(!blocking->disconts().empty());
  CHECK(continuous(*steady));
  CHECK(continuous(*monitor));
  CHECK_FALSE(stage.fault);
}

TEST_CASE("sinks that come and go all the time are felt by nobody") {
  Stage stage;
  auto slot = std::move(*stage.program->acquire("Ada"));
  auto other = std::move(*stage.program->acquire("Ben"));
  const auto steady = std::make_shared<KeepingSink>();
  slot->set_return(steady);
  const auto watcher = std::make_shared<KeepingSink>();
  const auto watching = stage.program->monitor(watcher);
  const Talker talker(*other, *stage.program, tone(440));
  REQUIRE(stage.wait_for([&] { return watcher->units().size() > 1; }));
  {
    const auto hurry = [&](const std::function<void(std::shared_ptr<ReturnSink>)>& swap) {
      return std::jthread([swap](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          const auto sink = std::make_shared<KeepingSink>();
          swap(sink);
          while (sink->ticks().empty() && !stop.stop_requested()) std::this_thread::yield();
          swap(nullptr);
        }
      });
    };
    std::unique_ptr<ReturnSubscription> monitoring;
    const auto others = hurry([&](auto sink) { other->set_return(std::move(sink)); });
    const auto monitors = hurry(
        [&](auto sink) { monitoring = sink ? stage.program->monitor(std::move(sink)) : nullptr; });
    const std::size_t then = steady->ticks().size();
    CHECK(stage.wait_for([&] { return steady->ticks().size() > then + 150; }));
  }
  REQUIRE(stage.wait_for([&] { return watcher->units().size() > 70; }));
  CHECK(continuous(*steady));
  // Both steady ones have seen the same, from where the second begins.
  const auto seen = steady->units();
  const auto watched = watcher->units();
  const auto begin = std::ranges::find(seen, watched.front());
  REQUIRE(seen.end() - begin >= 60);
  const auto common = std::min(seen.end() - begin, std::ssize(watched));
  CHECK(std::equal(begin, begin + common, watched.begin()));
  CHECK_FALSE(stage.fault);
}

TEST_CASE("a monitor may stay longer than the program") {
  const auto sink = std::make_shared<KeepingSink>();
  std::unique_ptr<ReturnSubscription> monitoring;
  {
    Stage stage;
    monitoring = stage.program->monitor(sink);
    REQUIRE(stage.wait_for([&] { return sink->ticks().size() > 5; }));
  }
  const std::size_t ticks = sink->ticks().size();
  monitoring.reset();
  CHECK(sink->ticks().size() == ticks);
}
