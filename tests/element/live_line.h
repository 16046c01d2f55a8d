// A small real pipeline around an element that makes its own output on the pipeline's clock.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <string>

#include "gstx/ref.h"

namespace spacecast {

// From a launch line whose element is called "e" and whose fakesink is called "out".
class LiveLine {
 public:
  static constexpr GstClockTime kDeadline = 60 * GST_SECOND;

  // Every PTS of the output is to be a multiple of `grid`.
  explicit LiveLine(const std::string& text, GstClockTime grid = 1) : grid_(grid) {
    gst_init(nullptr, nullptr);
    ErrorOut error;
    pipeline_ = Ref<GstElement>(gst_parse_launch(text.c_str(), error.out()));
    INFO(error.message());
    REQUIRE((pipeline_ && !error));
    element_ = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "e"));
    bus_ = adopt(gst_element_get_bus(pipeline_.get()));
    const auto out = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "out"));
    const auto pad = adopt(gst_element_get_static_pad(out.get(), "sink"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, count, this, nullptr);
  }
  ~LiveLine() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  [[nodiscard]] GstElement* pipeline() const { return pipeline_.get(); }
  [[nodiscard]] GstElement* element() const { return element_.get(); }
  void play() { gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING); }
  // Buffers that came out so far.
  [[nodiscard]] unsigned buffers() const { return buffers_; }
  [[nodiscard]] bool wait_for_buffers(unsigned more) const {
    const unsigned until = buffers_ + more;
    const gint64 deadline = g_get_monotonic_time() + static_cast<gint64>(kDeadline / 1000);
    for (unsigned now = buffers_; now < until; now = buffers_) {
      if (g_get_monotonic_time() > deadline) return false;
      buffers_.wait(now);
    }
    return true;
  }
  // PTS of the first and of the last buffer; after the end.
  [[nodiscard]] GstClockTime first() const { return first_; }
  [[nodiscard]] GstClockTime last() const { return last_; }
  // How many ticks the element says it has left out.
  [[nodiscard]] guint64 skipped() const {
    guint64 skipped = 0;
    g_object_get(element_.get(), "skipped", &skipped, nullptr);
    return skipped;
  }
  // EOS came, and every PTS was on the grid and came after the one before. A source whose pad was
  // taken away may complain; the element may not.
  [[nodiscard]] bool ends_in_order() const {
    for (;;) {
      const auto message = adopt(gst_bus_timed_pop_filtered(
          bus_.get(), kDeadline, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
      if (!message) return false;
      if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) return in_order_;
      if (GST_MESSAGE_SRC(message.get()) == GST_OBJECT(element_.get())) return false;
    }
  }

 private:
  static GstPadProbeReturn count(GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto* self = static_cast<LiveLine*>(data);
    const GstClockTime pts = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
    if (pts % self->grid_ != 0) self->in_order_ = false;
    if (GST_CLOCK_TIME_IS_VALID(self->last_) && pts <= self->last_) self->in_order_ = false;
    if (self->buffers_ == 0) self->first_ = pts;
    self->last_ = pts;
    ++self->buffers_;
    self->buffers_.notify_all();
    return GST_PAD_PROBE_OK;
  }

  const GstClockTime grid_;
  Ref<GstElement> pipeline_;
  Ref<GstElement> element_;
  Ref<GstBus> bus_;
  std::atomic<unsigned> buffers_ = 0;
  std::atomic<bool> in_order_ = true;
  // The streaming thread's own until the end.
  GstClockTime first_ = GST_CLOCK_TIME_NONE;
  GstClockTime last_ = GST_CLOCK_TIME_NONE;
};

}  // namespace spacecast
