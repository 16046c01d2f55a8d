// Goal: the shell of stagemix: time base, latency, pads, returns, end of stream. Method: GstHarness
// on a test clock, so that every tick is drawn by the test; what it mixes is tested in
// tests/unit/mix.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "stagemix_rig.h"

using namespace spacecast;
using namespace spacecast::test;
using mix::Frame;
using mix::kTickFrames;
using mix::test::decibel;
using mix::test::part_of;
using mix::test::roughness;

namespace {

constexpr GstClockTime kMs = GST_MSECOND;
constexpr GstClockTime kS = GST_SECOND;
constexpr float kSmooth = 0.004F;  // Of tones up to 880 Hz, with fades.

double level(std::span<const Frame> frames, double hz) {
  return std::abs(part_of(frames, 0, hz));
}

// The second half of what was sent: everything has faded in.
std::span<const Frame> settled(const std::vector<Frame>& frames) {
  return std::span(frames).subspan(frames.size() / 2);
}

bool ends(GstHarness* harness) {
  for (;;) {
    const auto event = adopt(gst_harness_pull_event(harness));
    if (!event) return false;
    if (GST_EVENT_TYPE(event.get()) == GST_EVENT_EOS) return true;
  }
}

}  // namespace

TEST_CASE("without any input, silence comes at a regular pace from 0 on") {
  Rig rig;
  rig.add_return("minus_3");
  rig.play();
  for (guint64 n = 0; n < 120; ++n) {
    CHECK(rig.next_due() == n * 20 * kMs + 40 * kMs);
    for (const Sent& sent : {rig.tick(), Rig::take(rig.harness("minus_3"))}) {
      CHECK(sent.pts == n * 20 * kMs);
      CHECK(sent.discont == (n == 0));
      CHECK(sent.gap);
      CHECK(mix::peak(sent.frames) == 0);
    }
  }
  CHECK(rig.shared("minus_3"));
}

TEST_CASE("everybody hears everybody but themselves") {
  Rig rig;
  rig.add_input("sink_0");
  rig.add_input("sink_1");
  for (const char* pad : {"minus_0", "minus_1", "minus_2"}) rig.add_return(pad);
  rig.play();
  rig.push_tone("sink_0", 440, 0, 1 * kS);
  rig.push_tone("sink_1", 880, 0, 1 * kS);
  const auto sum = rig.ticks(45);
  CHECK(level(settled(sum), 440) == Approx(0.3).epsilon(0.01));
  CHECK(level(settled(sum), 880) == Approx(0.3).epsilon(0.01));
  const auto without_0 = rig.returned("minus_0");
  CHECK(level(settled(without_0), 880) == Approx(0.3).epsilon(0.01));
  CHECK(decibel(level(settled(without_0), 440) / 0.3) < -90);
  const auto without_1 = rig.returned("minus_1");
  CHECK(level(settled(without_1), 440) == Approx(0.3).epsilon(0.01));
  CHECK(decibel(level(settled(without_1), 880) / 0.3) < -90);
  CHECK(rig.returned("minus_2") == sum);
  CHECK_FALSE(rig.shared("minus_0"));
  CHECK_FALSE(rig.shared("minus_1"));
  CHECK(rig.shared("minus_2"));
}

TEST_CASE("sharing is told before the first buffer of the kind") {
  // Whether it was shared, as of each buffer, in the pad's own thread.
  struct Seen {
    std::atomic<bool> shared = true;
    std::vector<bool> at_buffers;
  } seen;
  Rig rig;
  rig.add_input("sink_0");
  rig.add_return("minus_0");
  rig.play();
  const auto pad = rig.pad("minus_0");
  g_signal_connect(pad.get(), "notify::shared",
                   G_CALLBACK(+[](GObject* object, GParamSpec*, gpointer data) {
                     gboolean shared = FALSE;
                     g_object_get(object, "shared", &shared, nullptr);
                     static_cast<Seen*>(data)->shared = shared;
                   }),
                   &seen);
  gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad*, GstPadProbeInfo*, gpointer data) {
        auto* to = static_cast<Seen*>(data);
        to->at_buffers.push_back(to->shared);
        return GST_PAD_PROBE_OK;
      },
      &seen, nullptr);
  // Talks for 100 ms, 200 ms from the start.
  rig.push_tone("sink_0", 440, 200 * kMs, 300 * kMs);
  const auto sum = rig.ticks(60);
  const auto back = rig.returned("minus_0");
  for (std::size_t tick = 0; tick < 60; ++tick) {
    const bool same =
        std::equal(sum.begin() + static_cast<std::ptrdiff_t>(tick * kTickFrames),
                   sum.begin() + static_cast<std::ptrdiff_t>((tick + 1) * kTickFrames),
                   back.begin() + static_cast<std::ptrdiff_t>(tick * kTickFrames));
    if (seen.at_buffers[tick]) CHECK(same);
  }
  CHECK(std::ranges::count(seen.at_buffers, false) >= 30);
  CHECK(seen.at_buffers.front());
  CHECK(seen.at_buffers.back());
  g_signal_handlers_disconnect_by_data(pad.get(), &seen);
}

TEST_CASE("from ear to mouth it takes 60 ms at most beyond the inputs' latency") {
  const GstClockTime latency = GENERATE(0, 150 * kMs);
  const GstClockTime offset = GENERATE(0, 7 * kMs, 19 * kMs);
  Rig rig;
  rig.add_input("sink_0", Rig::kStereo, latency);
  rig.play();
  GstClockTime next = offset;
  GstClockTime longest = 0;
  std::vector<Frame> heard;
  for (int n = 0; n < 60; ++n) {
    const GstClockTime due = rig.next_due();
    // Each block comes when the input's latency allows at the latest, and 10 ms later than that.
    for (; next + latency + 10 * kMs <= due; next += 20 * kMs) {
      CHECK(rig.push_tone("sink_0", 440, next) == GST_FLOW_OK);
    }
    const Sent sent = rig.tick();
    longest = std::max(longest, due - sent.pts - latency);
    heard.insert(heard.end(), sent.frames.begin(), sent.frames.end());
  }
  CHECK(longest <= 60 * kMs);
  // Nothing is missing, and everything is where its timestamp says.
  CHECK(roughness(std::span(heard).subspan(2 * kTickFrames)) < kSmooth);
  const auto part = std::span(heard).subspan(4 * kTickFrames, 48'000);
  const auto tone = part_of(part, 4 * kTickFrames, 440);
  CHECK(std::abs(tone) == Approx(0.3).epsilon(0.001));
  CHECK(std::arg(tone) == Approx(-std::numbers::pi / 2).margin(0.001));
}

TEST_CASE("the latency is the slowest input's and the allowance") {
  Rig rig(70 * kMs);
  rig.add_input("sink_0", Rig::kStereo, 150 * kMs);
  rig.add_input("sink_1", Rig::kStereo, 20 * kMs);
  rig.play();
  CHECK(gst_harness_query_latency(rig.out()) == 220 * kMs);
  CHECK(rig.next_due() == 220 * kMs);
}

TEST_CASE("who stalls, comes late or leaves disturbs nobody") {
  Rig rig;
  rig.add_input("sink_0");
  rig.add_input("sink_1");
  rig.add_return("minus_1");
  rig.play();
  // One talks throughout; the other stalls after 300 ms.
  rig.push_tone("sink_0", 440, 0, 1900 * kMs);
  rig.push_tone("sink_1", 880, 0, 300 * kMs);
  auto all = rig.ticks(30);
  // Somebody comes late, in the middle of a word.
  rig.add_input("sink_2");
  rig.push_tone("sink_2", 660, 500 * kMs, 1900 * kMs);
  const auto joined = rig.ticks(25);
  all.insert(all.end(), joined.begin(), joined.end());
  // And leaves in the middle of another.
  rig.remove("sink_2");
  const auto left = rig.ticks(25);
  all.insert(all.end(), left.begin(), left.end());
  CHECK(roughness(std::span(all).subspan(kTickFrames)) < 2 * kSmooth);
  const auto part = [&](std::size_t tick, double hz) {
    return level(std::span(all).subspan(tick * kTickFrames, 9600), hz);
  };
  for (const std::size_t tick : {2U, 18U, 40U, 60U})
    CHECK(part(tick, 440) == Approx(0.3).epsilon(0.01));
  CHECK(part(2, 880) == Approx(0.3).epsilon(0.01));
  CHECK(part(18, 880) < 1e-4);
  CHECK(part(40, 660) == Approx(0.3).epsilon(0.01));
  CHECK(part(60, 660) < 1e-4);
  CHECK(rig.returned("minus_1").size() == all.size());
}

TEST_CASE("any rate, 16 bit and mono are heard where they belong") {
  const auto [rate, channels] =
      GENERATE(table<int, int>({{8'000, 1}, {44'100, 1}, {44'100, 2}, {48'000, 1}, {96'000, 2}}));
  Rig rig;
  rig.add_input("sink_0", ("audio/x-raw,format=S16LE,layout=interleaved,rate=" +
                           std::to_string(rate) + ",channels=" + std::to_string(channels) +
                           (channels == 2 ? ",channel-mask=(bitmask)3" : ""))
                              .c_str());
  rig.play();
  const auto block = static_cast<std::size_t>(rate / 50);
  for (std::size_t n = 0; n < 50; ++n) {
    std::vector<std::int16_t> samples;
    for (std::size_t i = 0; i < block; ++i) {
      const double x = 2 * std::numbers::pi * 440 * static_cast<double>(n * block + i) / rate;
      const auto sample = static_cast<std::int16_t>(0.3 * 32'767 * std::sin(x));
      for (int channel = 0; channel < channels; ++channel) samples.push_back(sample);
    }
    CHECK(rig.push_bytes("sink_0", samples.data(), samples.size() * 2, n * 20 * kMs) ==
          GST_FLOW_OK);
  }
  const auto heard = rig.ticks(45);
  const auto tone = part_of(std::span(heard).subspan(9600, 24'000), 9600, 440);
  CHECK(std::abs(tone) == Approx(0.3).epsilon(0.02));
  // 0.1 rad are 36 us.
  CHECK(std::arg(tone) == Approx(-std::numbers::pi / 2).margin(0.1));
  CHECK(roughness(std::span(heard).subspan(kTickFrames, 40 * kTickFrames)) < kSmooth);
}

TEST_CASE("a return that blocks or is not linked holds nothing up") {
  Rig rig;
  rig.add_input("sink_0");
  rig.add_return("minus_0");
  const auto unlinked = adopt(gst_element_request_pad_simple(rig.element(), "minus_1"));
  REQUIRE(unlinked);
  rig.play();
  (void)rig.ticks(2);
  const auto pad = rig.pad("minus_0");
  const gulong block = gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM,
      [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_OK; }, nullptr, nullptr);
  for (guint64 n = 2; n < 200; ++n) CHECK(rig.tick().pts == n * 20 * kMs);
  gst_pad_remove_probe(pad.get(), block);
  (void)rig.tick();
  // What was on its way, then the last second; what is missing is told.
  int gaps = 0;
  int count = 0;
  for (GstClockTime expected = 40 * kMs; expected <= 200 * 20 * kMs; ++count) {
    const Sent sent = Rig::take(rig.harness("minus_0"));
    CHECK(sent.discont == (sent.pts != expected));
    gaps += sent.discont ? 1 : 0;
    expected = sent.pts + 20 * kMs;
  }
  CHECK(gaps >= 1);
  CHECK(count <= 53);
  gst_element_release_request_pad(rig.element(), unlinked.get());
}

TEST_CASE("a return that fails stops nobody and is taken up again") {
  std::atomic<int> tried = 0;  // Outlives the pad.
  Rig rig;
  rig.add_return("minus_0");
  rig.play();
  (void)rig.ticks(2);
  const auto pad = rig.pad("minus_0");
  const auto peer = adopt(gst_pad_get_peer(pad.get()));
  gst_pad_set_active(peer.get(), FALSE);
  gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad*, GstPadProbeInfo*, gpointer data) {
        auto* count = static_cast<std::atomic<int>*>(data);
        ++*count;
        count->notify_all();
        return GST_PAD_PROBE_OK;
      },
      &tried, nullptr);
  for (guint64 n = 2; n < 20; ++n) CHECK(rig.tick().pts == n * 20 * kMs);
  for (int now = tried; now < 18; now = tried) tried.wait(now);
  gst_pad_set_active(peer.get(), TRUE);
  const Sent sent = rig.tick();
  Sent back = Rig::take(rig.harness("minus_0"));
  CHECK(back.discont);
  while (back.pts < sent.pts) back = Rig::take(rig.harness("minus_0"));
  CHECK(back.pts == sent.pts);
}

TEST_CASE("what is more than a second late is skipped, less is caught up") {
  Rig rig;
  rig.play();
  (void)rig.tick();
  (void)rig.next_due();
  gst_test_clock_set_time(rig.clock(), 800 * kMs);
  for (guint64 n = 1; n <= 38; ++n) {
    const Sent sent = rig.tick();
    CHECK(sent.pts == n * 20 * kMs);
    CHECK_FALSE(sent.discont);
  }
  // All of them at once.
  CHECK(gst_clock_get_time(GST_CLOCK(rig.clock())) == 800 * kMs);
  (void)rig.next_due();
  gst_test_clock_set_time(rig.clock(), 5 * kS);
  const Sent sent = rig.tick();
  CHECK(sent.pts == 4960 * kMs);
  CHECK(sent.discont);
  guint64 skipped = 0;
  g_object_get(rig.element(), "skipped", &skipped, nullptr);
  CHECK(skipped == 248 - 39);
}

TEST_CASE("an end of stream sent to the element ends all outputs in order") {
  Rig rig;
  rig.add_input("sink_0");
  rig.add_return("minus_0");
  rig.play();
  rig.push_tone("sink_0", 440, 0, 200 * kMs);
  (void)rig.ticks(3);
  // The clock is at 80 ms.
  CHECK(gst_element_send_event(rig.element(), gst_event_new_eos()));
  CHECK(rig.tick().pts == 60 * kMs);
  REQUIRE(gst_test_clock_crank(rig.clock()));
  CHECK(ends(rig.out()));
  CHECK(ends(rig.harness("minus_0")));
  CHECK(rig.push_tone("sink_0", 440, 300 * kMs) == GST_FLOW_EOS);
}

TEST_CASE("when all inputs have ended, so do the outputs, after the last sound") {
  Rig rig;
  rig.add_input("sink_0");
  rig.add_input("sink_1");
  rig.play();
  rig.push_tone("sink_0", 440, 0, 60 * kMs);
  gst_harness_push_event(rig.harness("sink_0"), gst_event_new_eos());
  rig.push_tone("sink_1", 880, 0, 100 * kMs);
  (void)rig.ticks(4);
  gst_harness_push_event(rig.harness("sink_1"), gst_event_new_eos());
  CHECK(rig.tick().pts == 80 * kMs);
  REQUIRE(gst_test_clock_crank(rig.clock()));
  CHECK(ends(rig.out()));
}

TEST_CASE("a flush drops what waits and lets new sound in") {
  Rig rig;
  rig.add_input("sink_0");
  rig.play();
  rig.push_tone("sink_0", 440, 0, 1 * kS);
  auto all = rig.ticks(10);
  gst_harness_push_event(rig.harness("sink_0"), gst_event_new_flush_start());
  CHECK(rig.push_tone("sink_0", 440, 200 * kMs) == GST_FLOW_FLUSHING);
  gst_harness_push_event(rig.harness("sink_0"), gst_event_new_flush_stop(TRUE));
  const auto more = rig.ticks(10);
  all.insert(all.end(), more.begin(), more.end());
  CHECK(mix::peak(std::span(all).last(8 * kTickFrames)) == 0);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(rig.harness("sink_0"), gst_event_new_segment(&segment));
  rig.push_tone("sink_0", 440, 500 * kMs, 800 * kMs);
  const auto again = rig.ticks(15);
  CHECK(level(std::span(again).subspan(7 * kTickFrames, 4800), 440) == Approx(0.3).epsilon(0.01));
  all.insert(all.end(), again.begin(), again.end());
  CHECK(roughness(std::span(all).subspan(kTickFrames)) < kSmooth);
}

TEST_CASE("what it is told in silly ways does no harm") {
  Rig rig;
  rig.add_input("sink_0");
  rig.play();
  const auto block = mix::test::tone(0, kTickFrames, 440);
  const std::size_t size = block.size() * sizeof(Frame);
  CHECK(rig.push_bytes("sink_0", block.data(), 3, 0) == GST_FLOW_OK);
  CHECK(rig.push_bytes("sink_0", block.data(), size, G_MAXUINT64 / 2) == GST_FLOW_OK);
  CHECK(rig.push_bytes("sink_0", block.data(), size, GST_CLOCK_TIME_NONE) == GST_FLOW_OK);
  CHECK_FALSE(gst_element_request_pad_simple(rig.element(), "minus_x"));
  CHECK(rig.tick().pts == 0);
}

TEST_CASE("a pause stops the time, a new start begins at 0") {
  Rig rig;
  rig.add_input("sink_0");
  rig.play();
  rig.push_tone("sink_0", 440, 0, 1 * kS);
  CHECK(rig.tick().pts == 0);
  (void)rig.next_due();
  CHECK(gst_element_set_state(rig.element(), GST_STATE_PAUSED) == GST_STATE_CHANGE_NO_PREROLL);
  CHECK(gst_test_clock_peek_id_count(rig.clock()) == 0);
  CHECK(gst_element_set_state(rig.element(), GST_STATE_PLAYING) == GST_STATE_CHANGE_SUCCESS);
  CHECK(rig.tick().pts == 20 * kMs);
  gst_element_set_state(rig.element(), GST_STATE_READY);
  gst_element_set_state(rig.element(), GST_STATE_PLAYING);
  const Sent sent = rig.tick();
  CHECK(sent.pts == 0);
  CHECK(sent.discont);
  CHECK(sent.gap);
}
