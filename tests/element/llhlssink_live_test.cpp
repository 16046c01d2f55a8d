// Goal: what goes wrong or changes while llhlssink runs: encoders that stall or change, a ladder of
// several pictures, a recording that is gone on with. Method: GstHarness and a test clock; real
// encoders on sources that are not live.
#include <gst/check/gsttestclock.h>

#include <algorithm>

#include "hls/packager.h"
#include "llhlssink_rig.h"

using namespace spacecast;
using namespace spacecast::test;
using namespace std::chrono_literals;

namespace {

MediaTime gap_time(const hls::RenditionState& state) {
  MediaTime sum{};
  for (const auto& segment : state.segments) {
    for (const hls::Part& part : segment->parts) sum += part.gap ? part.duration : MediaTime{};
  }
  return sum;
}

// Both pads fed to the time of the clock, which goes on from tick to tick.
struct Live {
  Ref<GstClock> clock = (init(), adopt(gst_test_clock_new()));
  Bench bench{clock.get()};
  guint64 video = 0, audio = 0;

  [[nodiscard]] MediaTime now() const {
    return MediaTime(static_cast<MediaTime::rep>(gst_clock_get_time(clock.get())));
  }
  [[nodiscard]] hls::Store::SnapshotPtr snapshot() const {
    return get_store(bench.element.get())->snapshot();
  }
  void tick() const { REQUIRE(gst_test_clock_crank(GST_TEST_CLOCK(clock.get()))); }
  void feed() {
    const auto time = static_cast<guint64>(now().count());
    while (video * GST_SECOND / 30 < time || audio * 1024 * GST_SECOND / 48000 < time) {
      if (video * 48000 <= audio * 1024 * 30) {
        REQUIRE(bench.push_video(video++) == GST_FLOW_OK);
      } else {
        REQUIRE(bench.push_audio(audio++) == GST_FLOW_OK);
      }
    }
  }
  // Frames of that time are lost in front of the encoders.
  void skip() {
    const auto time = static_cast<guint64>(now().count());
    video = time * 30 / GST_SECOND;
    audio = time * 48000 / 1024 / GST_SECOND;
  }
  void run(MediaTime until) {
    while (now() < until) {
      tick();
      feed();
    }
  }
};

std::vector<GstClockTime> asked_at_once(const std::vector<GstClockTime>& asked) {
  std::vector<GstClockTime> found;
  std::ranges::copy_if(asked, std::back_inserter(found),
                       [](GstClockTime time) { return time == GST_CLOCK_TIME_NONE; });
  return found;
}

}  // namespace

TEST_CASE("all live pads stall: the clock keeps both playlists going") {
  Live live;
  live.run(6s);
  CHECK(asked_at_once(live.bench.pop_asked()).empty());
  while (live.now() < 30s) {
    live.tick();
    if (live.now() < 8s) continue;
    const auto snapshot = live.snapshot();
    for (const auto& rendition : snapshot->renditions) {
      CHECK(live.now() - rendition.edge() > hls::Packager::kPatience - 400ms);
      CHECK(live.now() - rendition.edge() < hls::Packager::kPatience + 600ms);
    }
  }
  CHECK(asked_at_once(live.bench.pop_asked()).size() == 1);
  CHECK_FALSE(live.bench.pop_warnings().empty());
  live.skip();
  live.run(36s);
  const auto snapshot = live.snapshot();
  REQUIRE(snapshot->renditions.size() == 2);
  const auto zero = snapshot->renditions[0].segments.front()->wall_start -
                    snapshot->renditions[0].segments.front()->start;
  for (const auto& rendition : snapshot->renditions) {
    CHECK(rendition.edge() > 35s);
    CHECK(gap_time(rendition) > 5s);
    CHECK_FALSE(rendition.segments[rendition.segments.size() - 2]->gap());
    for (const auto& segment : rendition.segments) {
      CHECK(segment->wall_start - segment->start == zero);
    }
  }
}

TEST_CASE("in PAUSED the clock makes no gaps") {
  Live live;
  live.run(6s);
  const auto before = live.snapshot();
  CHECK(gst_element_set_state(live.bench.element.get(), GST_STATE_PAUSED) ==
        GST_STATE_CHANGE_SUCCESS);
  CHECK(gst_test_clock_peek_id_count(GST_TEST_CLOCK(live.clock.get())) == 0);
  gst_test_clock_set_time(GST_TEST_CLOCK(live.clock.get()), 20 * GST_SECOND);
  CHECK(live.snapshot() == before);
  gst_element_set_base_time(live.bench.element.get(), 14 * GST_SECOND);
  CHECK(gst_element_set_state(live.bench.element.get(), GST_STATE_PLAYING) ==
        GST_STATE_CHANGE_SUCCESS);
  for (int i = 0; i < 5; ++i) live.tick();
  CHECK(live.snapshot() == before);
}

TEST_CASE("a pad that has ended is no stall") {
  Live live;
  live.run(6s);
  CHECK(gst_harness_push_event(live.bench.video, gst_event_new_eos()));
  while (live.now() < 10s) {
    live.tick();
    while (live.audio * 1024 * GST_SECOND / 48000 < static_cast<guint64>(live.now().count())) {
      REQUIRE(live.bench.push_audio(live.audio++) == GST_FLOW_OK);
    }
  }
  CHECK(gap_time(live.snapshot()->renditions[1]) == 0s);
}

TEST_CASE("encoders that change go on behind a discontinuity") {
  Live live;
  live.run(4500ms);
  auto record = kAvcRecord;
  record[3] = 0x28;
  gst_harness_set_src_caps(live.bench.video, Bench::video_caps(record));
  live.run(12s);
  CHECK(live.bench.pop_warnings().find("changed") != std::string::npos);
  const auto snapshot = live.snapshot();
  for (const auto& rendition : snapshot->renditions) {
    CHECK(rendition.segments.back()->discontinuity_sequence == 1);
  }
  // This one does not begin with an IDR, which is asked for; sound goes on.
  CHECK(gap_time(snapshot->renditions[0]) < 600ms);
  CHECK(gap_time(snapshot->renditions[1]) == 0s);
  CHECK_FALSE(asked_at_once(live.bench.pop_asked()).empty());
  CHECK(snapshot->renditions[0].init->number == 2);
  CHECK(snapshot->renditions[1].init->number == 1);
}

TEST_CASE("the rungs of a ladder are aligned on segments and parts") {
  const Run run = play(
      "llhlssink name=hls videotestsrc num-buffers=240 pattern=ball"
      " ! video/x-raw,width=320,height=180,framerate=30/1 ! tee name=t"
      " t. ! queue ! x264enc tune=zerolatency key-int-max=30 ! hls.video_0"
      " t. ! queue ! videoscale ! video/x-raw,width=160,height=90"
      " ! x264enc speed-preset=ultrafast key-int-max=30 bframes=2 ! hls.video_1 " +
      audio_source(375, "sine"));
  CHECK(run.eos);
  CHECK(run.faults == std::vector<std::string>{});
  const auto snapshot = run.store->snapshot();
  REQUIRE(snapshot->renditions.size() == 3);
  CHECK(snapshot->renditions[0].info->name == "v0");
  CHECK(snapshot->renditions[1].info->name == "v1");
  const auto& high = snapshot->renditions[0].segments;
  const auto& low = snapshot->renditions[1].segments;
  REQUIRE(high.size() == 4);
  REQUIRE(low.size() == high.size());
  for (std::size_t i = 0; i < high.size(); ++i) {
    CHECK(high[i]->start == low[i]->start);
    REQUIRE(high[i]->parts.size() == low[i]->parts.size());
    for (std::size_t k = 0; k < high[i]->parts.size(); ++k) {
      CHECK(high[i]->parts[k].duration == low[i]->parts[k].duration);
    }
    CHECK(high[i]->parts[0].i_frame_size > 0);
    CHECK(low[i]->parts[0].i_frame_size > 0);
  }
}

TEST_CASE("a recording is all there is, made as fast as its sources go") {
  const Directory directory;
  const std::string sink = "llhlssink name=hls archive=true location=" + directory.path.string();
  const Run run = play(sink + " " + video_source(1800, "speed-preset=ultrafast key-int-max=60") +
                       audio_source(2812, "sine"));
  CHECK(run.eos);
  CHECK(run.faults.empty());
  for (int msn = 0; msn < 30; ++msn) {
    for (const char* rendition : {"v0", "a0"}) {
      CHECK(std::filesystem::file_size(directory.path / rendition /
                                       (std::to_string(msn) + ".m4s")) > 0);
    }
  }
  SECTION("one that has ended is not gone on with") {
    const Run again = play(sink + " " + audio_source(10, "sine"));
    REQUIRE_FALSE(again.faults.empty());
    CHECK_FALSE(again.eos);
  }
}

TEST_CASE("properties that contradict each other stop the start") {
  init();
  const Ref<GstElement> element(gst_element_factory_make("llhlssink", nullptr));
  const Directory directory;
  g_object_set(element.get(), "archive", TRUE, nullptr);
  SECTION("no location") {}
  SECTION("a store that is set") {
    g_object_set(element.get(), "location", directory.path.c_str(), nullptr);
    set_store(element.get(), *hls::Store::create({}));
  }
  CHECK(gst_element_set_state(element.get(), GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE);
  gst_element_set_state(element.get(), GST_STATE_NULL);
}
