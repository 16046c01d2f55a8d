// Goal: a closed gate lets no picture through and everything else; an opened one asks for a
// keyframe and begins with it; nothing is decoded that has not passed. Method: the decisions by
// tables of pictures; the element by pictures pushed one by one; both ends of a real codec with the
// gate in between, switched at given pictures. Nothing depends on how fast the machine is.
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "gstx/probe.h"
#include "gstx/ref.h"
#include "plugins/speakergate/gate.h"

using namespace spacecast;
using namespace std::chrono_literals;

namespace {

const bool initialised = (gst_init(nullptr, nullptr), true);

constexpr GstClockTime kFrame = 40 * GST_MSECOND;

class Rig {
 public:
  Rig() {
    gst_harness_set_src_caps_str(harness_, "video/x-h264,alignment=au,stream-format=byte-stream");
    static_cast<void>(requests());
    drain_events();
  }
  ~Rig() { gst_harness_teardown(harness_); }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  [[nodiscard]] GstHarness* harness() { return harness_; }
  [[nodiscard]] GstElement* gate() { return harness_->element; }
  void set_open(bool open) { g_object_set(gate(), "open", open, nullptr); }
  [[nodiscard]] guint64 count(const char* property) {
    guint64 value = 0;
    g_object_get(gate(), property, &value, nullptr);
    return value;
  }

  GstFlowReturn push(bool keyframe) {
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 4, nullptr);
    GST_BUFFER_PTS(buffer) = pictures_++ * kFrame;
    GST_BUFFER_DURATION(buffer) = kFrame;
    if (!keyframe) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    return gst_harness_push(harness_, buffer);
  }
  // Of what has come out: the number of the picture, negative where it is a discontinuity.
  std::vector<int> pulled() {
    std::vector<int> numbers;
    while (const auto buffer = adopt(gst_harness_try_pull(harness_))) {
      const int number = static_cast<int>(GST_BUFFER_PTS(buffer.get()) / kFrame);
      numbers.push_back(GST_BUFFER_IS_DISCONT(buffer.get()) ? -number : number);
    }
    return numbers;
  }
  // Keyframes asked for since the last call.
  int requests() {
    int found = 0;
    while (const auto event = adopt(gst_harness_try_pull_upstream_event(harness_))) {
      if (gst_video_event_is_force_key_unit(event.get())) ++found;
    }
    return found;
  }
  std::vector<GstEventType> drain_events() {
    std::vector<GstEventType> types;
    while (const auto event = adopt(gst_harness_try_pull_event(harness_))) {
      types.push_back(GST_EVENT_TYPE(event.get()));
    }
    return types;
  }

 private:
  GstHarness* harness_ = gst_harness_new("speakergate");
  guint pictures_ = 1;
};

}  // namespace

TEST_CASE("a gate begins with a keyframe and asks for one where none comes") {
  Gate gate;
  CHECK(gate.is_open());
  CHECK(gate.judge(false, 0ms) == Gate::Decision{.ask = true});
  CHECK(gate.judge(false, 999ms) == Gate::Decision{});
  CHECK(gate.judge(false, 1000ms) == Gate::Decision{.ask = true});
  CHECK(gate.judge(false, {}) == Gate::Decision{});
  CHECK(gate.judge(false, 1900ms) == Gate::Decision{});
  // Time that goes back is counted anew.
  CHECK(gate.judge(false, 100ms) == Gate::Decision{});
  CHECK(gate.judge(false, 1050ms) == Gate::Decision{});
  CHECK(gate.judge(false, 1100ms) == Gate::Decision{.ask = true});
  CHECK(gate.judge(true, 1200ms) == Gate::Decision{.pass = true});
  CHECK(gate.judge(false, 1300ms) == Gate::Decision{.pass = true});
  CHECK(gate.judge(false, {}) == Gate::Decision{.pass = true});
  CHECK(gate.counts().passed == 3);
  CHECK(gate.counts().dropped == 8);
}

TEST_CASE("a closed gate asks for nothing, an opened one at once") {
  Gate gate;
  CHECK(gate.judge(true, 0ms).pass);
  CHECK_FALSE(gate.set_open(false));
  CHECK_FALSE(gate.is_open());
  CHECK(gate.judge(false, 100ms) == Gate::Decision{.ends = true});
  CHECK(gate.judge(true, 200ms) == Gate::Decision{});
  CHECK(gate.judge(false, 5s) == Gate::Decision{});
  CHECK(gate.set_open(true));
  CHECK_FALSE(gate.set_open(true));
  CHECK(gate.judge(false, 6s) == Gate::Decision{});
  CHECK(gate.judge(false, 6900ms) == Gate::Decision{});
  CHECK(gate.judge(false, 7s) == Gate::Decision{.ask = true});
  CHECK(gate.judge(true, 7100ms) == Gate::Decision{.pass = true});
}

TEST_CASE("a gate that is opened before it has lost anything goes on") {
  Gate gate;
  CHECK(gate.judge(true, 0ms).pass);
  CHECK_FALSE(gate.set_open(false));
  CHECK_FALSE(gate.set_open(true));
  CHECK(gate.judge(false, 100ms) == Gate::Decision{.pass = true});
  // Closed from the start, it has lost what was before.
  Gate closed;
  CHECK_FALSE(closed.set_open(false));
  CHECK(closed.set_open(true));
}

TEST_CASE("closed, pictures stop and everything else passes") {
  Rig rig;
  CHECK(rig.push(true) == GST_FLOW_OK);
  CHECK(rig.push(false) == GST_FLOW_OK);
  CHECK(rig.pulled().size() == 2);
  rig.drain_events();
  rig.set_open(false);
  for (const bool keyframe : {false, true, false}) CHECK(rig.push(keyframe) == GST_FLOW_OK);
  CHECK(rig.pulled().empty());
  // One GAP: the decoder gives out what it holds, once.
  CHECK(rig.drain_events() == std::vector{GST_EVENT_GAP});
  CHECK(rig.count("passed") == 2);
  CHECK(rig.count("dropped") == 3);
  CHECK(rig.requests() == 0);

  gst_harness_set_src_caps_str(rig.harness(), "video/x-h264,alignment=au,stream-format=avc");
  const auto caps = rig.drain_events();
  CHECK(std::ranges::find(caps, GST_EVENT_CAPS) != caps.end());
  gst_harness_push_event(rig.harness(), gst_event_new_eos());
  CHECK(rig.drain_events() == std::vector{GST_EVENT_EOS});
}

TEST_CASE("opened, it asks for a keyframe and begins with it") {
  Rig rig;
  rig.set_open(false);
  rig.push(true);   // 1
  rig.push(false);  // 2
  rig.set_open(true);
  CHECK(rig.requests() == 1);
  rig.push(false);  // 3
  CHECK(rig.pulled().empty());
  rig.push(true);   // 4
  rig.push(false);  // 5
  CHECK(rig.pulled() == std::vector{-4, 5});
  CHECK(rig.requests() == 0);
  rig.set_open(false);
  rig.push(false);  // 6
  rig.set_open(true);
  CHECK(rig.requests() == 1);
  for (int i = 7; i <= 7 + 25; ++i) rig.push(false);
  CHECK(rig.requests() == 1);
  rig.push(true);  // 33
  rig.push(true);  // 34
  CHECK(rig.pulled() == std::vector{-33, 34});
}

TEST_CASE("after a flush a keyframe comes first") {
  Rig rig;
  rig.push(true);
  rig.push(false);
  CHECK(rig.pulled().size() == 2);
  gst_harness_push_event(rig.harness(), gst_event_new_flush_start());
  gst_harness_push_event(rig.harness(), gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(rig.harness(), gst_event_new_segment(&segment));
  rig.push(false);
  CHECK(rig.pulled().empty());
  CHECK(rig.requests() == 1);
  rig.push(true);
  CHECK(rig.pulled().size() == 1);
}

TEST_CASE("switched from another thread while pictures flow, none gets lost uncounted") {
  Rig rig;
  std::atomic<bool> over = false;
  std::thread other([&] {
    for (bool open = false; !over; open = !open) rig.set_open(open);
    rig.set_open(true);
  });
  constexpr unsigned kPictures = 20'000;
  std::size_t out = 0;
  bool begins = true;  // The next picture follows a gap.
  int previous = 0;
  for (unsigned i = 0; i < kPictures; ++i) {
    rig.push(i % 8 == 0);
    for (const int number : rig.pulled()) {
      const bool gap = std::abs(number) != previous + 1;
      if (gap) {
        // Only keyframes (the numbers count from 1) follow a gap, and say so.
        CHECK(std::abs(number) % 8 == 1);
        CHECK((number < 0 || begins));
      }
      begins = false;
      previous = std::abs(number);
      ++out;
    }
  }
  over = true;
  other.join();
  CHECK(rig.count("passed") == out);
  CHECK(rig.count("passed") + rig.count("dropped") == kPictures);
}

TEST_CASE("a decoder decodes just what has passed, and every picture of it") {
  ErrorOut error;
  const Ref<GstElement> pipeline(gst_parse_launch(
      "videotestsrc num-buffers=120 pattern=ball ! video/x-raw,width=160,height=96,framerate=30/1 "
      "! x264enc tune=zerolatency key-int-max=300 ! h264parse config-interval=-1 "
      "! speakergate name=gate ! avdec_h264 max-threads=1 output-corrupt=false "
      "! fakesink name=out async=false sync=false",
      error.out()));
  REQUIRE(pipeline);
  const auto find = [&](const char* name) {
    return adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), name));
  };
  const auto gate = find("gate");
  unsigned in = 0;
  unsigned out = 0;
  add_probe(adopt(gst_element_get_static_pad(gate.get(), "sink")).get(), GST_PAD_PROBE_TYPE_BUFFER,
            [&](GstPad*, GstPadProbeInfo*) {
              // Closed for pictures 20 to 49 and 70 to 79.
              ++in;
              if (in == 20 || in == 70) g_object_set(gate.get(), "open", FALSE, nullptr);
              if (in == 50 || in == 80) g_object_set(gate.get(), "open", TRUE, nullptr);
              return GST_PAD_PROBE_OK;
            });
  add_probe(adopt(gst_element_get_static_pad(find("out").get(), "sink")).get(),
            GST_PAD_PROBE_TYPE_BUFFER, [&](GstPad*, GstPadProbeInfo*) {
              ++out;
              return GST_PAD_PROBE_OK;
            });
  const auto bus = adopt(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const auto message = adopt(gst_bus_timed_pop_filtered(
      bus.get(), 30 * GST_SECOND, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  REQUIRE(message);
  CHECK(GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  guint64 passed = 0;
  guint64 dropped = 0;
  g_object_get(gate.get(), "passed", &passed, "dropped", &dropped, nullptr);
  CHECK(in == 120);
  CHECK(out == passed);
  CHECK(passed + dropped == 120);
  // The encoder answers with its next picture.
  CHECK(dropped >= 40);
  CHECK(dropped <= 44);
}
