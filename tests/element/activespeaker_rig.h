// An activespeaker on a test clock: inputs are pushed ahead of time, then ticks are drawn one by
// one. Nothing here depends on how fast the machine is.
#pragma once

#include <gst/check/gstharness.h>
#include <gst/check/gsttestclock.h>
#include <gst/gst.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gstx/ref.h"
#include "tests/voice.h"

namespace spacecast::test {

// A picture is known by its first byte, which is its luma. The canvas is so small that a card is
// nothing but its ground, which is also what is there where nobody is to be seen.
constexpr int kGround = 31;

struct Shown {
  GstClockTime pts = 0;
  GstClockTime duration = 0;
  int luma = 0;
  bool discont = false;
};

class Rig {
 public:
  static constexpr const char* kAudioCaps =
      "audio/x-raw,format=F32LE,rate=16000,channels=1,layout=interleaved";
  static constexpr const char* kSmall = "video/x-raw,format=I420,width=16,height=16,framerate=15/1";
  static constexpr const char* kCanvas = "video/x-raw,format=I420,width=16,height=16";
  static constexpr GstClockTime kFrame = 66 * GST_MSECOND;

  explicit Rig(GstClockTime lookahead = 400 * GST_MSECOND, GstClockTime allowance = 0,
               const char* downstream = kCanvas) {
    gst_init(nullptr, nullptr);
    element_ = Ref<GstElement>(gst_element_factory_make("activespeaker", nullptr));
    REQUIRE(element_);
    g_object_set(element_.get(), "lookahead", lookahead, "allowance", allowance, nullptr);
    bus_ = adopt(gst_bus_new());
    gst_element_set_bus(element_.get(), bus_.get());
    out_ = gst_harness_new_with_element(element_.get(), nullptr, "src");
    gst_harness_use_testclock(out_);
    gst_harness_set_sink_caps_str(out_, downstream);
    clock_ = adopt(gst_harness_get_testclock(out_));
  }
  ~Rig() {
    for (auto& [name, input] : inputs_) gst_harness_teardown(input);
    gst_element_set_bus(element_.get(), nullptr);
    gst_harness_teardown(out_);
  }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  [[nodiscard]] GstElement* element() const { return element_.get(); }
  [[nodiscard]] GstHarness* out() const { return out_; }
  [[nodiscard]] GstTestClock* clock() const { return clock_.get(); }
  void play() { gst_harness_play(out_); }

  GstHarness* add(const std::string& pad, const char* caps) {
    GstHarness* input = gst_harness_new_with_element(element_.get(), pad.c_str(), nullptr);
    gst_harness_set_src_caps_str(input, caps);
    inputs_[pad] = input;
    return input;
  }
  // The harness releases its request pad.
  void remove(const std::string& pad) {
    gst_harness_teardown(inputs_.at(pad));
    inputs_.erase(pad);
  }
  // A slot with sound and pictures.
  void add_speaker(unsigned number) {
    add("audio_" + std::to_string(number), kAudioCaps);
    add("video_" + std::to_string(number), kSmall);
  }
  [[nodiscard]] GstHarness* input(const std::string& pad) { return inputs_.at(pad); }
  [[nodiscard]] Ref<GstPad> pad(const std::string& name) const {
    return adopt(gst_element_get_static_pad(element_.get(), name.c_str()));
  }

  // A voice of -20 dBov in blocks of 20 ms. Where nothing is pushed, it is silent.
  void talk(unsigned number, GstClockTime from, GstClockTime to) {
    constexpr std::size_t kBlock = 320;
    const auto voice = speaker::test::speak(MediaTime(static_cast<std::int64_t>(to - from)), 16'000,
                                            -20, 110 + 20 * (number % 5));
    for (std::size_t i = 0; (i + 1) * kBlock <= voice.size(); ++i) {
      push("audio_" + std::to_string(number), &voice[i * kBlock], kBlock * sizeof(float),
           from + i * 20 * GST_MSECOND, 20 * GST_MSECOND);
    }
  }
  // One frame of an even grey; `side` pixels wide and high.
  void show(unsigned number, GstClockTime at, int luma, std::size_t side = 16,
            const char* kind = "video_") {
    std::vector<std::uint8_t> picture(side * side, static_cast<std::uint8_t>(luma));
    picture.resize(side * side * 3 / 2, 128);
    CHECK(push(kind + std::to_string(number), picture.data(), picture.size(), at, kFrame) ==
          GST_FLOW_OK);
  }
  // A camera that is on from then to then.
  void film(unsigned number, GstClockTime from, GstClockTime to, int luma) {
    for (GstClockTime at = from; at < to; at += kFrame) show(number, at, luma);
  }
  GstFlowReturn push(const std::string& pad, const void* data, std::size_t size, GstClockTime at,
                     GstClockTime duration) {
    GstBuffer* buffer = gst_buffer_new_memdup(data, size);
    GST_BUFFER_PTS(buffer) = at;
    GST_BUFFER_DURATION(buffer) = duration;
    return gst_harness_push(inputs_.at(pad), buffer);
  }

  // Lets the clock reach the next tick and takes its picture.
  Shown tick() {
    REQUIRE(gst_test_clock_crank(clock_.get()));
    return take();
  }
  Shown take() {
    const auto buffer = adopt(gst_harness_pull(out_));
    REQUIRE(buffer);
    std::uint8_t luma = 0;
    gst_buffer_extract(buffer.get(), 0, &luma, 1);
    return {GST_BUFFER_PTS(buffer.get()), GST_BUFFER_DURATION(buffer.get()), luma,
            GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT)};
  }
  // The lumas of all ticks before `until`, in order, repeats left out, with the PTS of their first.
  std::vector<std::pair<GstClockTime, int>> run_until(GstClockTime until) {
    std::vector<std::pair<GstClockTime, int>> changes;
    while (position_ < until) {
      const Shown shown = tick();
      if (changes.empty() || changes.back().second != shown.luma) {
        changes.emplace_back(shown.pts, shown.luma);
      }
      position_ = shown.pts + shown.duration;
    }
    return changes;
  }

  void set_pad(const char* name, const char* property, const char* value) {
    gst_util_set_object_arg(G_OBJECT(pad(name).get()), property, value);
  }
  void set(const char* property, const char* value) {
    gst_util_set_object_arg(G_OBJECT(element_.get()), property, value);
  }

  // The next element message of that name so far; empty where there is none.
  Ref<GstMessage> message(const char* name) {
    while (auto message = adopt(gst_bus_pop_filtered(bus_.get(), GST_MESSAGE_ELEMENT))) {
      if (gst_message_has_name(message.get(), name)) return message;
    }
    return {};
  }
  // What the next message of that name says in its field "speakers".
  std::vector<std::string> names(const char* message_name) {
    const auto next = message(message_name);
    if (!next) return {"no message"};
    const GValue* list = gst_structure_get_value(gst_message_get_structure(next.get()), "speakers");
    REQUIRE(GST_VALUE_HOLDS_ARRAY(list));
    std::vector<std::string> names;
    for (guint i = 0; i < gst_value_array_get_size(list); ++i) {
      names.emplace_back(g_value_get_string(gst_value_array_get_value(list, i)));
    }
    return names;
  }
  [[nodiscard]] std::string on_air() const {
    char* name = nullptr;
    g_object_get(element_.get(), "on-air", &name, nullptr);
    const OwnedString owned(name);
    return name;
  }
  [[nodiscard]] Ref<GstCaps> caps() const { return adopt(gst_pad_get_current_caps(out_->sinkpad)); }

 private:
  Ref<GstElement> element_;
  Ref<GstBus> bus_;
  GstHarness* out_ = nullptr;
  Ref<GstTestClock> clock_;
  std::map<std::string, GstHarness*> inputs_;
  GstClockTime position_ = 0;
};

// The first tick of a 30 fps output at or after `time`.
inline GstClockTime tick_at(GstClockTime time) {
  guint64 n = gst_util_uint64_scale(time, 30, GST_SECOND);
  while (gst_util_uint64_scale(n, GST_SECOND, 30) < time) ++n;
  return gst_util_uint64_scale(n, GST_SECOND, 30);
}

}  // namespace spacecast::test
