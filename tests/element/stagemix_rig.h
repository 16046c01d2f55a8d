// A stagemix on a test clock: inputs are pushed, then ticks are drawn one by one. Nothing here
// depends on how fast the machine is.
#pragma once

#include <gst/check/gstharness.h>
#include <gst/check/gsttestclock.h>
#include <gst/gst.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "gstx/ref.h"
#include "mix/grid.h"
#include "tests/unit/mix/tone.h"

namespace spacecast::test {

// What one output sent for one tick.
struct Sent {
  GstClockTime pts = 0;
  bool discont = false;
  bool gap = false;
  std::vector<mix::Frame> frames;
};

class Rig {
 public:
  static constexpr const char* kStereo =
      "audio/x-raw,format=F32LE,rate=48000,channels=2,layout=interleaved,channel-mask=(bitmask)3";

  explicit Rig(GstClockTime allowance = 40 * GST_MSECOND) {
    gst_init(nullptr, nullptr);
    element_ = Ref<GstElement>(gst_element_factory_make("stagemix", nullptr));
    REQUIRE(element_);
    g_object_set(element_.get(), "allowance", allowance, nullptr);
    out_ = gst_harness_new_with_element(element_.get(), nullptr, "src");
    gst_harness_use_testclock(out_);
    clock_ = adopt(gst_harness_get_testclock(out_));
    // The harness has started the element, on the system's clock.
    gst_element_set_state(element_.get(), GST_STATE_READY);
  }
  ~Rig() {
    for (auto& [name, harness] : harnesses_) gst_harness_teardown(harness);
    gst_harness_teardown(out_);
  }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  [[nodiscard]] GstElement* element() const { return element_.get(); }
  [[nodiscard]] GstHarness* out() const { return out_; }
  [[nodiscard]] GstTestClock* clock() const { return clock_.get(); }
  [[nodiscard]] GstHarness* harness(const std::string& pad) const { return harnesses_.at(pad); }
  [[nodiscard]] Ref<GstPad> pad(const std::string& name) const {
    return adopt(gst_element_get_static_pad(element_.get(), name.c_str()));
  }
  void play() { gst_harness_play(out_); }

  void add_input(const std::string& pad, const char* caps = kStereo, GstClockTime latency = 0) {
    // Linking starts the element; by then the latency is there.
    GstHarness* harness = gst_harness_new_empty();
    gst_harness_set_upstream_latency(harness, latency);
    GstStaticPadTemplate src = {"src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY};
    GstStaticPadTemplate sink = {"sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY};
    gst_harness_add_element_full(harness, element_.get(), &src, pad.c_str(), &sink, nullptr);
    gst_harness_set_src_caps_str(harness, caps);
    harnesses_[pad] = harness;
  }
  void add_return(const std::string& pad) {
    harnesses_[pad] = gst_harness_new_with_element(element_.get(), nullptr, pad.c_str());
    returns_.push_back(pad);
  }
  // The harness releases its request pad.
  void remove(const std::string& pad) {
    gst_harness_teardown(harnesses_.at(pad));
    harnesses_.erase(pad);
  }

  GstFlowReturn push_bytes(const std::string& pad, const void* data, std::size_t size,
                           GstClockTime at) {
    GstBuffer* buffer = gst_buffer_new_memdup(data, size);
    GST_BUFFER_PTS(buffer) = at;
    return gst_harness_push(harnesses_.at(pad), buffer);
  }
  // A block of 20 ms of a tone that began at 0.
  GstFlowReturn push_tone(const std::string& pad, double hz, GstClockTime at,
                          float amplitude = 0.3F) {
    const auto frame = static_cast<std::int64_t>(gst_util_uint64_scale(at, 48, GST_MSECOND));
    const auto block = mix::test::tone(frame, mix::kTickFrames, hz, amplitude);
    return push_bytes(pad, block.data(), block.size() * sizeof(mix::Frame), at);
  }
  void push_tone(const std::string& pad, double hz, GstClockTime from, GstClockTime to) {
    for (; from < to; from += 20 * GST_MSECOND) CHECK(push_tone(pad, hz, from) == GST_FLOW_OK);
  }

  // Lets the clock reach the next tick and takes what `src` sent.
  Sent tick() {
    REQUIRE(gst_test_clock_crank(clock_.get()));
    return take(out_);
  }
  // What `src` sent in that many ticks; what the returns did is in returned().
  [[nodiscard]] std::vector<mix::Frame> ticks(int count) {
    std::vector<mix::Frame> all;
    for (; count > 0; --count) {
      append(all, tick());
      for (const auto& pad : returns_) append(returned_[pad], take(harnesses_.at(pad)));
    }
    return all;
  }
  [[nodiscard]] const std::vector<mix::Frame>& returned(const std::string& pad) {
    return returned_[pad];
  }
  [[nodiscard]] static Sent take(GstHarness* harness) {
    const auto buffer = adopt(gst_harness_pull(harness));
    REQUIRE(buffer);
    Sent sent{GST_BUFFER_PTS(buffer.get()),
              GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT) != 0,
              GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_GAP) != 0,
              {}};
    sent.frames.resize(gst_buffer_get_size(buffer.get()) / sizeof(mix::Frame));
    gst_buffer_extract(buffer.get(), 0, sent.frames.data(),
                       sent.frames.size() * sizeof(mix::Frame));
    CHECK(sent.frames.size() == mix::kTickFrames);
    CHECK(GST_BUFFER_DURATION(buffer.get()) == 20 * GST_MSECOND);
    return sent;
  }
  // When the next tick is due.
  [[nodiscard]] GstClockTime next_due() const {
    GstClockID waiting = nullptr;
    gst_test_clock_wait_for_next_pending_id(clock_.get(), &waiting);
    const GstClockTime due = gst_clock_id_get_time(waiting);
    gst_clock_id_unref(waiting);
    return due;
  }
  [[nodiscard]] bool shared(const std::string& name) const {
    gboolean shared = FALSE;
    g_object_get(pad(name).get(), "shared", &shared, nullptr);
    return shared;
  }

 private:
  static void append(std::vector<mix::Frame>& all, const Sent& sent) {
    all.insert(all.end(), sent.frames.begin(), sent.frames.end());
  }

  Ref<GstElement> element_;
  GstHarness* out_ = nullptr;
  Ref<GstTestClock> clock_;
  std::map<std::string, GstHarness*> harnesses_;
  std::vector<std::string> returns_;
  std::map<std::string, std::vector<mix::Frame>> returned_;
};

}  // namespace spacecast::test
