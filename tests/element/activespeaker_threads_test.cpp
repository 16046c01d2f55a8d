// Goal: activespeaker among real threads: nobody waits for anybody, and pads come and go in the
// middle of data. Method: small real pipelines; every wait is for a condition with a deadline, and
// what is checked is order and count, never speed. Also meant to run under thread sanitizer.
#include <gst/gst.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "gstx/ref.h"
#include "live_line.h"

using namespace spacecast;

namespace {

const std::string kSize = "video/x-raw,format=I420,width=64,height=48";

}  // namespace

TEST_CASE("speakers come and go in the middle of data") {
  LiveLine line("activespeaker name=e lookahead=100000000 ! " + kSize +
                ",framerate=60/1 ! fakesink name=out "
                "audiotestsrc is-live=true samplesperbuffer=160 ! e.audio_0 "
                "videotestsrc is-live=true ! " +
                kSize + ",framerate=60/1 ! e.video_0");
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
          gst_element_request_pad_simple(line.element(), *kind == 'a' ? "audio_5" : "video_5")));
      REQUIRE(pads.back());
      REQUIRE(gst_pad_link(ghost, pads.back().get()) == GST_PAD_LINK_OK);
    }
    gst_element_sync_state_with_parent(speaker.get());
    CHECK(line.wait_for_buffers(2));
    if (round % 2) g_object_set(pads[0].get(), "active", FALSE, nullptr);
    // Pads go first, under the sources' feet; then the sources.
    gst_element_set_locked_state(speaker.get(), TRUE);
    for (const auto& pad : pads) {
      const auto peer = adopt(gst_pad_get_peer(pad.get()));
      if (round % 3) gst_pad_unlink(peer.get(), pad.get());
      gst_element_release_request_pad(line.element(), pad.get());
    }
    gst_element_set_state(speaker.get(), GST_STATE_NULL);
    gst_bin_remove(GST_BIN(line.pipeline()), speaker.get());
  }
  CHECK(gst_element_send_event(line.pipeline(), gst_event_new_eos()));
  CHECK(line.ends_in_order());
}

TEST_CASE("inputs that stall, or never begin, hold nothing up") {
  LiveLine line(
      "activespeaker name=e ! fakesink name=out "
      "audiotestsrc is-live=true ! e.audio_0 appsrc is-live=true ! e.video_0 "
      "appsrc is-live=true ! e.audio_1 videotestsrc is-live=true ! " +
      kSize + " ! identity name=stalls ! e.video_1");
  line.play();
  CHECK(line.wait_for_buffers(10));
  const auto identity = adopt(gst_bin_get_by_name(GST_BIN(line.pipeline()), "stalls"));
  const auto pad = adopt(gst_element_get_static_pad(identity.get(), "src"));
  const gulong block = gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM,
      [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_OK; }, nullptr, nullptr);
  CHECK(line.wait_for_buffers(40));
  gst_pad_remove_probe(pad.get(), block);
  CHECK(gst_element_send_event(line.pipeline(), gst_event_new_eos()));
  CHECK(line.ends_in_order());
}

TEST_CASE("sources that are not live are held to the pace of the output and seen to their end") {
  LiveLine line("activespeaker name=e lookahead=200000000 ! " + kSize +
                ",framerate=25/1 ! fakesink name=out "
                "audiotestsrc num-buffers=10 samplesperbuffer=4410 ! e.audio_0 "
                "videotestsrc num-buffers=25 ! " +
                kSize + ",framerate=25/1 ! e.video_0");
  line.play();
  CHECK(line.ends_in_order());
  // 1 s of pictures, each of them unless the machine was more than a second late.
  CHECK(line.last() < GST_SECOND);
  CHECK((line.buffers() == 25 || line.skipped() > 0 || line.first() > 0));
}

TEST_CASE("stopped at any moment, with sources waiting for their turn") {
  for (unsigned pictures = 0; pictures < 8; ++pictures) {
    LiveLine line(
        "activespeaker name=e ! fakesink name=out audiotestsrc ! e.audio_0 "
        "videotestsrc ! " +
        kSize + " ! e.video_0 videotestsrc ! " + kSize + " ! e.video_9");
    line.play();
    CHECK((pictures == 0 || line.wait_for_buffers(pictures)));
  }
}
