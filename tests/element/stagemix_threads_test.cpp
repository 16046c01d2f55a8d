// Goal: stagemix among real threads: nobody waits for anybody, and pads come and go in the middle
// of data. Method: small real pipelines; every wait is for a condition with a deadline, and what is
// checked is order and count, never speed. Also meant to run under thread sanitizer.
#include <gst/gst.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "gstx/ref.h"
#include "live_line.h"

using namespace spacecast;

namespace {

constexpr GstClockTime kTick = 20 * GST_MSECOND;

Ref<GstElement> make(const char* factory) {
  return Ref<GstElement>(gst_element_factory_make(factory, nullptr));
}

}  // namespace

TEST_CASE("speakers and their returns come and go in the middle of data") {
  LiveLine line(
      "stagemix name=e ! fakesink name=out sync=true "
      "audiotestsrc is-live=true samplesperbuffer=480 ! audio/x-raw,rate=48000 ! e.sink_0 "
      "e.minus_0 ! fakesink async=false",
      kTick);
  line.play();
  for (int round = 0; round < 40; ++round) {
    const auto source = make("audiotestsrc");
    const auto sink = make("fakesink");
    g_object_set(source.get(), "is-live", TRUE, "samplesperbuffer", 160, nullptr);
    g_object_set(sink.get(), "async", FALSE, nullptr);
    gst_bin_add_many(GST_BIN(line.pipeline()), source.get(), sink.get(), nullptr);
    const auto in = adopt(gst_element_request_pad_simple(line.element(), "sink_5"));
    const auto back = adopt(gst_element_request_pad_simple(line.element(), "minus_5"));
    REQUIRE((in && back));
    const auto source_pad = adopt(gst_element_get_static_pad(source.get(), "src"));
    const auto sink_pad = adopt(gst_element_get_static_pad(sink.get(), "sink"));
    REQUIRE(gst_pad_link(source_pad.get(), in.get()) == GST_PAD_LINK_OK);
    REQUIRE(gst_pad_link(back.get(), sink_pad.get()) == GST_PAD_LINK_OK);
    gst_element_sync_state_with_parent(sink.get());
    gst_element_sync_state_with_parent(source.get());
    CHECK(line.wait_for_buffers(3));
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
    gst_element_release_request_pad(line.element(), in.get());
    gst_element_release_request_pad(line.element(), back.get());
    for (const auto& element : {source, sink}) {
      gst_element_set_state(element.get(), GST_STATE_NULL);
      gst_bin_remove(GST_BIN(line.pipeline()), element.get());
    }
  }
  CHECK(gst_element_send_event(line.pipeline(), gst_event_new_eos()));
  CHECK(line.ends_in_order());
}

TEST_CASE("inputs that stall or never begin, and a return that is stuck, hold nothing up") {
  LiveLine line(
      "stagemix name=e ! fakesink name=out sync=true "
      "audiotestsrc is-live=true ! e.sink_0 appsrc is-live=true ! e.sink_1 "
      "audiotestsrc is-live=true ! identity name=stalls ! e.sink_2 "
      "e.minus_2 ! queue max-size-buffers=1 ! fakesink name=stuck async=false",
      kTick);
  line.play();
  CHECK(line.wait_for_buffers(10));
  std::vector<std::pair<Ref<GstPad>, gulong>> blocks;
  for (const auto& [name, pad_name] : {std::pair{"stalls", "src"}, {"stuck", "sink"}}) {
    const auto element = adopt(gst_bin_get_by_name(GST_BIN(line.pipeline()), name));
    auto pad = adopt(gst_element_get_static_pad(element.get(), pad_name));
    const gulong block = gst_pad_add_probe(
        pad.get(), GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM,
        [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_OK; }, nullptr, nullptr);
    blocks.emplace_back(std::move(pad), block);
  }
  CHECK(line.wait_for_buffers(100));
  for (const auto& [pad, block] : blocks) gst_pad_remove_probe(pad.get(), block);
  CHECK(gst_element_send_event(line.pipeline(), gst_event_new_eos()));
  CHECK(line.ends_in_order());
}

TEST_CASE("sources that are not live are held to the pace of the output and seen to their end") {
  LiveLine line(
      "stagemix name=e ! fakesink name=out sync=true "
      "audiotestsrc num-buffers=100 samplesperbuffer=441 ! e.sink_0 "
      "audiotestsrc num-buffers=50 samplesperbuffer=960 ! audio/x-raw,rate=48000 ! e.sink_1",
      kTick);
  line.play();
  CHECK(line.ends_in_order());
  CHECK((line.buffers() == 50 || line.skipped() > 0));
}

TEST_CASE("stopped at any moment, with sources waiting for their turn") {
  for (unsigned ticks = 0; ticks < 8; ++ticks) {
    LiveLine line(
        "stagemix name=e ! fakesink name=out sync=true audiotestsrc ! e.sink_0 "
        "audiotestsrc is-live=true ! e.sink_1 e.minus_0 ! fakesink sync=true "
        "e.minus_1 ! queue ! fakesink sync=true",
        kTick);
    line.play();
    CHECK((ticks == 0 || line.wait_for_buffers(ticks)));
  }
}
