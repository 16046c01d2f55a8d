// Goal: activespeaker among real threads: nobody waits for anybody, and pads come and go in the
// middle of data. Method: small real pipelines; every wait is for a condition with a deadline, and
// what is checked is order and count, never speed. Also meant to run under thread sanitizer.
#include <gst/gst.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "gstx/ref.h"

using namespace spacecast;

namespace {

constexpr GstClockTime kDeadline = 60 * GST_SECOND;

// A pipeline from a launch line whose activespeaker is called "s" and whose fakesink is called
// "out".
class Line {
 public:
  explicit Line(const std::string& text) {
    gst_init(nullptr, nullptr);
    ErrorOut error;
    pipeline_ = Ref<GstElement>(gst_parse_launch(text.c_str(), error.out()));
    INFO(error.message());
    REQUIRE((pipeline_ && !error));
    stage_ = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "s"));
    bus_ = adopt(gst_element_get_bus(pipeline_.get()));
    const auto out = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "out"));
    const auto pad = adopt(gst_element_get_static_pad(out.get(), "sink"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, count, this, nullptr);
  }
  ~Line() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  [[nodiscard]] GstElement* pipeline() const { return pipeline_.get(); }
  [[nodiscard]] GstElement* stage() const { return stage_.get(); }
  void play() { gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING); }
  // Pictures that went out so far.
  [[nodiscard]] unsigned pictures() const { return pictures_; }
  [[nodiscard]] bool wait_for_pictures(unsigned more) const {
    const unsigned until = pictures_ + more;
    const gint64 deadline = g_get_monotonic_time() + static_cast<gint64>(kDeadline / 1000);
    while (pictures_ < until) {
      if (g_get_monotonic_time() > deadline) return false;
      pictures_.wait(pictures_);
    }
    return true;
  }
  // PTS of the first and of the last picture; after the end.
  [[nodiscard]] GstClockTime first() const { return first_; }
  [[nodiscard]] GstClockTime last() const { return last_; }
  // EOS came, and every PTS came after the one before. A source whose pad was taken away may
  // complain; the stage may not.
  [[nodiscard]] bool ends_in_order() const {
    for (;;) {
      const auto message = adopt(gst_bus_timed_pop_filtered(
          bus_.get(), kDeadline, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
      if (!message) return false;
      if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) return in_order_;
      if (GST_MESSAGE_SRC(message.get()) == GST_OBJECT(stage_.get())) return false;
    }
  }

 private:
  static GstPadProbeReturn count(GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto* self = static_cast<Line*>(data);
    const GstClockTime pts = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
    if (GST_CLOCK_TIME_IS_VALID(self->last_) && pts <= self->last_) self->in_order_ = false;
    if (self->pictures_ == 0) self->first_ = pts;
    self->last_ = pts;
    ++self->pictures_;
    self->pictures_.notify_all();
    return GST_PAD_PROBE_OK;
  }

  Ref<GstElement> pipeline_;
  Ref<GstElement> stage_;
  Ref<GstBus> bus_;
  std::atomic<unsigned> pictures_ = 0;
  std::atomic<bool> in_order_ = true;
  // The streaming thread's own until the end.
  GstClockTime first_ = GST_CLOCK_TIME_NONE;
  GstClockTime last_ = GST_CLOCK_TIME_NONE;
};

const std::string kSize = "video/x-raw,format=I420,width=64,height=48";

}  // namespace

TEST_CASE("speakers come and go in the middle of data") {
  Line line("activespeaker name=s lookahead=100000000 ! " + kSize +
            ",framerate=60/1 ! fakesink name=out "
            "audiotestsrc is-live=true samplesperbuffer=160 ! s.audio_0 "
            "videotestsrc is-live=true ! " +
            kSize + ",framerate=60/1 ! s.video_0");
  line.play();
  for (int round = 0; round < 40; ++round) {
    // A bin of their own, so that one call adds and removes both sources.
    const Ref<GstElement> speaker(gst_parse_bin_from_description(
        ("audiotestsrc is-live=true samplesperbuffer=160 name=a videotestsrc is-live=true ! " +
         kSize + ",framerate=60/1 ! identity name=v")
            .c_str(),
        FALSE, nullptr));
    REQUIRE(speaker);
    gst_bin_add(GST_BIN(line.pipeline()), speaker.get());
    std::vector<Ref<GstPad>> pads;
    for (const char* kind : {"a", "v"}) {
      const auto source = adopt(gst_bin_get_by_name(GST_BIN(speaker.get()), kind));
      const auto inner = adopt(gst_element_get_static_pad(source.get(), "src"));
      GstPad* ghost = gst_ghost_pad_new(kind, inner.get());
      gst_pad_set_active(ghost, TRUE);
      gst_element_add_pad(speaker.get(), ghost);
      pads.push_back(adopt(
          gst_element_request_pad_simple(line.stage(), *kind == 'a' ? "audio_5" : "video_5")));
      REQUIRE(pads.back());
      REQUIRE(gst_pad_link(ghost, pads.back().get()) == GST_PAD_LINK_OK);
    }
    gst_element_sync_state_with_parent(speaker.get());
    CHECK(line.wait_for_pictures(2));
    if (round % 2) g_object_set(pads[0].get(), "active", FALSE, nullptr);
    // Pads go first, under the sources' feet; then the sources.
    gst_element_set_locked_state(speaker.get(), TRUE);
    for (const auto& pad : pads) {
      const auto peer = adopt(gst_pad_get_peer(pad.get()));
      if (round % 3) gst_pad_unlink(peer.get(), pad.get());
      gst_element_release_request_pad(line.stage(), pad.get());
    }
    gst_element_set_state(speaker.get(), GST_STATE_NULL);
    gst_bin_remove(GST_BIN(line.pipeline()), speaker.get());
  }
  CHECK(gst_element_send_event(line.pipeline(), gst_event_new_eos()));
  CHECK(line.ends_in_order());
}

TEST_CASE("inputs that stall, or never begin, hold nothing up") {
  Line line(
      "activespeaker name=s ! fakesink name=out "
      "audiotestsrc is-live=true ! s.audio_0 appsrc is-live=true ! s.video_0 "
      "appsrc is-live=true ! s.audio_1 videotestsrc is-live=true ! " +
      kSize + " ! identity name=stalls ! s.video_1");
  line.play();
  CHECK(line.wait_for_pictures(10));
  const auto identity = adopt(gst_bin_get_by_name(GST_BIN(line.pipeline()), "stalls"));
  const auto pad = adopt(gst_element_get_static_pad(identity.get(), "src"));
  const gulong block = gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM,
      [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_OK; }, nullptr, nullptr);
  CHECK(line.wait_for_pictures(40));
  gst_pad_remove_probe(pad.get(), block);
  CHECK(gst_element_send_event(line.pipeline(), gst_event_new_eos()));
  CHECK(line.ends_in_order());
}

TEST_CASE("sources that are not live are held to the pace of the output and seen to their end") {
  Line line("activespeaker name=s lookahead=200000000 ! " + kSize +
            ",framerate=25/1 ! fakesink name=out "
            "audiotestsrc num-buffers=10 samplesperbuffer=4410 ! s.audio_0 "
            "videotestsrc num-buffers=25 ! " +
            kSize + ",framerate=25/1 ! s.video_0");
  line.play();
  CHECK(line.ends_in_order());
  // 1 s of pictures, each of them unless the machine was more than a second late.
  guint64 skipped = 0;
  g_object_get(line.stage(), "skipped", &skipped, nullptr);
  CHECK(line.last() < GST_SECOND);
  CHECK((line.pictures() == 25 || skipped > 0 || line.first() > 0));
}

TEST_CASE("stopped at any moment, with sources waiting for their turn") {
  for (unsigned pictures = 0; pictures < 8; ++pictures) {
    Line line(
        "activespeaker name=s ! fakesink name=out audiotestsrc ! s.audio_0 "
        "videotestsrc ! " +
        kSize + " ! s.video_0 videotestsrc ! " + kSize + " ! s.video_9");
    line.play();
    CHECK((pictures == 0 || line.wait_for_pictures(pictures)));
  }
}
