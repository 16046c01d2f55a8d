// What the tests of llhlssink share: a pipeline that is played to its end, and an element whose
// pads are fed by hand.
#pragma once

#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "../unit/media/boxes.h"
#include "../unit/media/samples.h"
#include "gstx/bus.h"
#include "gstx/ref.h"
#include "gstx/store_value.h"

namespace spacecast::test {

inline void init() {
  static const bool once = [] {
    gst_init(nullptr, nullptr);
    return true;
  }();
  (void)once;
}

struct Directory {
  std::filesystem::path path;
  Directory() {
    char name[] = "/tmp/llhlssink-XXXXXX";
    path = mkdtemp(name);
  }
  ~Directory() { std::filesystem::remove_all(path); }
};

struct Run {
  std::shared_ptr<hls::Store> store;
  std::vector<std::string> faults;  // Errors and warnings.
  bool eos = false;
};

// Plays a description to its end; the element is called "hls".
inline Run play(const std::string& description) {
  init();
  ErrorOut error;
  const Ref<GstElement> pipeline(gst_parse_launch(description.c_str(), error.out()));
  INFO(error.message());
  REQUIRE(pipeline);
  const auto sink = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "hls"));
  const auto bus = adopt(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  Run run;
  run.store = get_store(sink.get());
  while (true) {
    const auto message = adopt(gst_bus_timed_pop_filtered(
        bus.get(), 30 * GST_SECOND,
        GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING)));
    if (!message) break;
    run.eos = GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS;
    if (run.eos) break;
    run.faults.push_back(describe_fault(message.get()));
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) break;
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return run;
}

inline std::string video_source(int frames, const std::string& encoder) {
  return "videotestsrc num-buffers=" + std::to_string(frames) +
         " ! video/x-raw,width=160,height=90,framerate=30/1 ! x264enc " + encoder +
         " ! hls.video_0 ";
}

inline std::string audio_source(int buffers, const std::string& wave) {
  return "audiotestsrc num-buffers=" + std::to_string(buffers) + " wave=" + wave +
         " ! audio/x-raw,rate=48000,channels=1 ! avenc_aac ! aacparse ! hls.audio_0 ";
}

// An element with one or both pads fed by hand, as a live source would.
struct Bench {
  Ref<GstElement> element;
  Ref<GstBus> bus = (init(), adopt(gst_bus_new()));
  GstHarness* video = nullptr;
  GstHarness* audio = nullptr;

  // With a clock, of which the base time is 0, or without one.
  explicit Bench(GstClock* clock = nullptr) {
    element = Ref<GstElement>(gst_element_factory_make("llhlssink", nullptr));
    REQUIRE(element);
    gst_element_set_bus(element.get(), bus.get());
    if (clock) gst_element_set_clock(element.get(), clock);
    gst_element_set_base_time(element.get(), 0);
    video = gst_harness_new_with_element(element.get(), "video_0", nullptr);
    audio = gst_harness_new_with_element(element.get(), "audio_0", nullptr);
    gst_harness_set_src_caps(video, video_caps(kAvcRecord));
    GstBuffer* config = gst_buffer_new_memdup(kAac48k.data(), kAac48k.size());
    gst_harness_set_src_caps(
        audio, gst_caps_new_simple("audio/mpeg", "mpegversion", G_TYPE_INT, 4, "stream-format",
                                   G_TYPE_STRING, "raw", "rate", G_TYPE_INT, 48000, "channels",
                                   G_TYPE_INT, 2, "codec_data", GST_TYPE_BUFFER, config, nullptr));
    gst_buffer_unref(config);
  }
  ~Bench() {
    gst_harness_teardown(video);
    gst_harness_teardown(audio);
    gst_element_set_bus(element.get(), nullptr);
  }
  static GstCaps* video_caps(const ByteVector& record) {
    GstBuffer* config = gst_buffer_new_memdup(record.data(), record.size());
    GstCaps* caps = gst_caps_new_simple("video/x-h264", "stream-format", G_TYPE_STRING, "avc",
                                        "alignment", G_TYPE_STRING, "au", "width", G_TYPE_INT, 640,
                                        "height", G_TYPE_INT, 360, "framerate", GST_TYPE_FRACTION,
                                        30, 1, "codec_data", GST_TYPE_BUFFER, config, nullptr);
    gst_buffer_unref(config);
    return caps;
  }
  static GstBuffer* buffer(const ByteVector& data, GstClockTime time) {
    GstBuffer* made = gst_buffer_new_memdup(data.data(), data.size());
    GST_BUFFER_PTS(made) = GST_BUFFER_DTS(made) = time;
    return made;
  }
  GstFlowReturn push_video(guint64 frame) const {
    return gst_harness_push(
        video, buffer(avc_frame(frame % 30 == 0), gst_util_uint64_scale(frame, GST_SECOND, 30)));
  }
  GstFlowReturn push_audio(guint64 frame) const {
    return gst_harness_push(audio, buffer(ByteVector(100, 0x21),
                                          gst_util_uint64_scale(frame * 1024, GST_SECOND, 48000)));
  }
  // The times of the IDRs that were asked for.
  [[nodiscard]] std::vector<GstClockTime> pop_asked() const {
    std::vector<GstClockTime> asked;
    while (GstEvent* raw = gst_harness_try_pull_upstream_event(video)) {
      const auto event = adopt(raw);
      GstClockTime time = 0;
      if (gst_video_event_is_force_key_unit(raw)) {
        gst_video_event_parse_upstream_force_key_unit(raw, &time, nullptr, nullptr);
        asked.push_back(time);
      }
    }
    return asked;
  }
  [[nodiscard]] std::string pop_fault(GstMessageType type) const {
    const auto message = adopt(gst_bus_pop_filtered(bus.get(), type));
    return message ? describe_fault(message.get()) : "";
  }
  [[nodiscard]] std::string pop_warnings() const {
    std::string all;
    for (std::string one = pop_fault(GST_MESSAGE_WARNING); !one.empty();
         one = pop_fault(GST_MESSAGE_WARNING)) {
      all += one + '\n';
    }
    return all;
  }
  [[nodiscard]] bool pop_eos() const {
    return static_cast<bool>(adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_EOS)));
  }
};

}  // namespace spacecast::test
