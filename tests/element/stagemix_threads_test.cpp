// Goal: stagemix among real threads: nobody waits for anybody, and pads come and go in the middle
// of data. Method: small real pipelines; every wait is for a condition with a deadline, and what is
// checked is order and count, never speed. Also meant to run under thread sanitizer.
#include <gst/gst.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "gstx/ref.h"

using namespace spacecast;

namespace {

constexpr GstClockTime kDeadline = 60 * GST_SECOND;

// A pipeline from a launch line whose stagemix is called "m" and whose fakesink is called "out".
class Line {
 public:
  explicit Line(const std::string& text) {
    gst_init(nullptr, nullptr);
    ErrorOut error;
    pipeline_ = Ref<GstElement>(gst_parse_launch(text.c_str(), error.out()));
    INFO(error.message());
    REQUIRE((pipeline_ && !error));
    mix_ = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "m"));
    bus_ = adopt(gst_element_get_bus(pipeline_.get()));
    const auto out = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "out"));
    const auto pad = adopt(gst_element_get_static_pad(out.get(), "sink"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, count, this, nullptr);
  }
  ~Line() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  [[nodiscard]] GstElement* pipeline() const { return pipeline_.get(); }
  [[nodiscard]] GstElement* mix() const { return mix_.get(); }
  void play() { gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING); }
  [[nodiscard]] unsigned ticks() const { return ticks_; }
  [[nodiscard]] bool wait_for_ticks(unsigned more) const {
    const unsigned until = ticks_ + more;
    const gint64 deadline = g_get_monotonic_time() + static_cast<gint64>(kDeadline / 1000);
    for (unsigned now = ticks_; now < until; now = ticks_) {
      if (g_get_monotonic_time() > deadline) return false;
      ticks_.wait(now);
    }
    return true;
  }
  // EOS came, and every PTS was a multiple of 20 ms after the one before. A source whose pad was
  // taken away may complain; the mixer may not.
  [[nodiscard]] bool ends_in_order() const {
    for (;;) {
      const auto message = adopt(gst_bus_timed_pop_filtered(
          bus_.get(), kDeadline, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
      if (!message) return false;
      if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) return in_order_;
      if (GST_MESSAGE_SRC(message.get()) == GST_OBJECT(mix_.get())) return false;
    }
  }

 private:
  static GstPadProbeReturn count(GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto* self = static_cast<Line*>(data);
    const GstClockTime pts = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
    if (pts % (20 * GST_MSECOND) != 0) self->in_order_ = false;
    if (GST_CLOCK_TIME_IS_VALID(self->last_) && pts <= self->last_) self->in_order_ = false;
    self->last_ = pts;
    ++self->ticks_;
    self->ticks_.notify_all();
    return GST_PAD_PROBE_OK;
  }

  Ref<GstElement> pipeline_;
  Ref<GstElement> mix_;
  Ref<GstBus> bus_;
  std::atomic<unsigned> ticks_ = 0;
  std::atomic<bool> in_order_ = true;
  GstClockTime last_ = GST_CLOCK_TIME_NONE;  // The streaming thread's own.
};

Ref<GstElement> make(const char* factory) {
  return Ref<GstElement>(gst_element_factory_make(factory, nullptr));
}

}  // namespace

TEST_CASE("speakers and their returns come and go in the middle of data") {
  Line line(
      "stagemix name=m ! fakesink name=out sync=true "
      "audiotestsrc is-live=true samplesperbuffer=480 ! audio/x-raw,rate=48000 ! m.sink_0 "
      "m.minus_0 ! fakesink async=false");
  line.play();
  for (int round = 0; round < 40; ++round) {
    const auto source = make("audiotestsrc");
    const auto sink = make("fakesink");
    g_object_set(source.get(), "is-live", TRUE, "samplesperbuffer", 160, nullptr);
    g_object_set(sink.get(), "async", FALSE, nullptr);
    gst_bin_add_many(GST_BIN(line.pipeline()), source.get(), sink.get(), nullptr);
    const auto in = adopt(gst_element_request_pad_simple(line.mix(), "sink_5"));
    const auto back = adopt(gst_element_request_pad_simple(line.mix(), "minus_5"));
    REQUIRE((in && back));
    const auto source_pad = adopt(gst_element_get_static_pad(source.get(), "src"));
    const auto sink_pad = adopt(gst_element_get_static_pad(sink.get(), "sink"));
    REQUIRE(gst_pad_link(source_pad.get(), in.get()) == GST_PAD_LINK_OK);
    REQUIRE(gst_pad_link(back.get(), sink_pad.get()) == GST_PAD_LINK_OK);
    gst_element_sync_state_with_parent(sink.get());
    gst_element_sync_state_with_parent(source.get());
    CHECK(line.wait_for_ticks(3));
    gdouble drift = 0;
    g_object_get(in.get(), "drift", &drift, nullptr);
    // Pads go first, under the others' feet; then the others.
    for (const auto& element : {source, sink}) {
      gst_element_set_locked_state(element.get(), TRUE);
    }
    if (round % 3) {
      gst_pad_unlink(source_pad.get(), in.get());
      gst_pad_unlink(back.get(), sink_pad.get());
    }
    gst_element_release_request_pad(line.mix(), in.get());
    gst_element_release_request_pad(line.mix(), back.get());
    for (const auto& element : {source, sink}) {
      gst_element_set_state(element.get(), GST_STATE_NULL);
      gst_bin_remove(GST_BIN(line.pipeline()), element.get());
    }
  }
  CHECK(gst_element_send_event(line.pipeline(), gst_event_new_eos()));
  CHECK(line.ends_in_order());
}

TEST_CASE("inputs that stall or never begin, and a return that is stuck, hold nothing up") {
  Line line(
      "stagemix name=m ! fakesink name=out sync=true "
      "audiotestsrc is-live=true ! m.sink_0 appsrc is-live=true ! m.sink_1 "
      "audiotestsrc is-live=true ! identity name=stalls ! m.sink_2 "
      "m.minus_2 ! queue max-size-buffers=1 ! fakesink name=stuck async=false");
  line.play();
  CHECK(line.wait_for_ticks(10));
  std::vector<std::pair<Ref<GstPad>, gulong>> blocks;
  for (const auto& [name, pad_name] : {std::pair{"stalls", "src"}, {"stuck", "sink"}}) {
    const auto element = adopt(gst_bin_get_by_name(GST_BIN(line.pipeline()), name));
    auto pad = adopt(gst_element_get_static_pad(element.get(), pad_name));
    const gulong block = gst_pad_add_probe(
        pad.get(), GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM,
        [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_OK; }, nullptr, nullptr);
    blocks.emplace_back(std::move(pad), block);
  }
  CHECK(line.wait_for_ticks(100));
  for (const auto& [pad, block] : blocks) gst_pad_remove_probe(pad.get(), block);
  CHECK(gst_element_send_event(line.pipeline(), gst_event_new_eos()));
  CHECK(line.ends_in_order());
}

TEST_CASE("sources that are not live are held to the pace of the output and seen to their end") {
  Line line(
      "stagemix name=m ! fakesink name=out sync=true "
      "audiotestsrc num-buffers=100 samplesperbuffer=441 ! m.sink_0 "
      "audiotestsrc num-buffers=50 samplesperbuffer=960 ! audio/x-raw,rate=48000 ! m.sink_1");
  line.play();
  CHECK(line.ends_in_order());
  guint64 skipped = 0;
  g_object_get(line.mix(), "skipped", &skipped, nullptr);
  CHECK((line.ticks() == 50 || skipped > 0));
}

TEST_CASE("stopped at any moment, with sources waiting for their turn") {
  for (unsigned ticks = 0; ticks < 8; ++ticks) {
    Line line(
        "stagemix name=m ! fakesink name=out sync=true audiotestsrc ! m.sink_0 "
        "audiotestsrc is-live=true ! m.sink_1 m.minus_0 ! fakesink sync=true "
        "m.minus_1 ! queue ! fakesink sync=true");
    line.play();
    CHECK((ticks == 0 || line.wait_for_ticks(ticks)));
  }
}
