// Goal: from the ear of one speaker to the mouth of another it takes 60 ms at most beyond the
// jitter buffer, and of shared screens the last one is shown. Method: slots with a stage and a
// mixer around them and nothing else; sound on a test clock, pictures in real time.
#include "pipelines/slot_channel.h"

#include <gst/app/gstappsink.h>
#include <gst/audio/audio.h>
#include <gst/check/gsttestclock.h>
#include <gst/video/video.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "gstx/probe.h"
#include "pipelines/return_desk.h"
#include "tests/return_sink.h"
#include "tests/run_until.h"
#include "tests/unit/mix/tone.h"

using namespace spacecast;
using mix::Frame;
using mix::kTickFrames;
using test::KeepingSink;

namespace {

constexpr unsigned kSlots = 3;
constexpr GstClockTime kMs = GST_MSECOND;
// What a slot is told to expect of a jitter buffer.
constexpr GstClockTime kJitterBuffer = 150 * kMs;
constexpr GstClockTime kBound = 60 * kMs;

class Rig {
 public:
  explicit Rig(Ref<GstClock> clock) : clock_(std::move(clock)) {
    gst_init(nullptr, nullptr);
    ErrorOut error;
    pipeline_ = Ref<GstElement>(gst_parse_launch(
        "activespeaker name=stage ! video/x-raw,format=I420,width=320,height=180,framerate=30/1 "
        "! appsink name=eye sync=false max-buffers=1 drop=true "
        "stagemix name=mix ! fakesink sync=false async=false",
        error.out()));
    REQUIRE(pipeline_);
    const auto stage = element("stage"), mix = element("mix");
    const auto screens = std::make_shared<ScreenOrder>();
    for (unsigned index = 0; index < kSlots; ++index) {
      slots_.push_back(
          *SlotChannel::create(pipeline_.get(), stage.get(), mix.get(), screens, index));
    }
    returns = *ReturnDesk::create(pipeline_.get(), mix.get(), nullptr, kSlots);
    gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), clock_.get());
    gst_element_set_start_time(pipeline_.get(), GST_CLOCK_TIME_NONE);
    base_time_ = gst_clock_get_time(clock_.get());
    gst_element_set_base_time(pipeline_.get(), base_time_);
    REQUIRE(gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE);
  }
  ~Rig() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  [[nodiscard]] SlotChannel& slot(unsigned index) { return *slots_[index]; }
  [[nodiscard]] Ref<GstElement> element(const char* name) const {
    return adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
  }
  [[nodiscard]] GstClockTime running_time() const {
    return gst_clock_get_time(clock_.get()) - base_time_;
  }
  [[nodiscard]] GstClockTime base_time() const { return base_time_; }
  bool wait_for(const std::function<bool()>& condition) {
    return condition() || test::run_until(*loop_, std::chrono::seconds(30), condition);
  }

  std::shared_ptr<ReturnDesk> returns;

 private:
  Ref<GstClock> clock_;
  std::shared_ptr<Loop> loop_ = Loop::create();
  Ref<GstElement> pipeline_;
  GstClockTime base_time_ = 0;
  std::vector<std::shared_ptr<SlotChannel>> slots_;
};

// A sink that notes when it was given what.
class TimingSink final : public KeepingSink {
 public:
  explicit TimingSink(const Rig& rig) : rig_(rig) {}
  void take_audio(const Ref<GstSample>& packet) override {
    {
      const MutexLock lock(times_mutex_);
      times_.push_back(rig_.running_time());
    }
    KeepingSink::take_audio(packet);
  }
  // Of each packet, and of one more perhaps.
  [[nodiscard]] std::vector<GstClockTime> times() const {
    const MutexLock lock(times_mutex_);
    return times_;
  }

 private:
  const Rig& rig_;
  mutable Mutex times_mutex_;
  std::vector<GstClockTime> times_ SPACECAST_GUARDED_BY(times_mutex_);
};

// Hands a source's samples over and knows when they have arrived.
class Path {
 public:
  Path(Rig& rig, unsigned slot, const char* source) : rig_(rig), slot_(rig.slot(slot)) {
    pad_ = adopt(gst_element_get_static_pad(rig.element(source).get(), "src"));
    add_probe(pad_.get(), GST_PAD_PROBE_TYPE_BUFFER, [passed = passed_](GstPad*, GstPadProbeInfo*) {
      ++*passed;
      return GST_PAD_PROBE_OK;
    });
  }
  void push_audio(GstSample* sample) {
    slot_.push_audio(sample);
    ++pushed_;
    REQUIRE(rig_.wait_for([&] { return *passed_ == pushed_; }));
    // Called when nothing is under way on the pad.
    const auto idle = std::make_shared<std::atomic<bool>>(false);
    add_probe(pad_.get(), GST_PAD_PROBE_TYPE_IDLE, [idle](GstPad*, GstPadProbeInfo*) {
      *idle = true;
      return GST_PAD_PROBE_REMOVE;
    });
    REQUIRE(rig_.wait_for([&] { return idle->load(); }));
  }

 private:
  Rig& rig_;
  SlotChannel& slot_;
  Ref<GstPad> pad_;
  std::shared_ptr<std::atomic<int>> passed_ = std::make_shared<std::atomic<int>>(0);
  int pushed_ = 0;
};

Ref<GstSample> tone_block(GstClockTime pts) {
  static const auto caps = adopt(
      gst_caps_from_string("audio/x-raw,format=F32LE,rate=48000,channels=2,layout=interleaved,"
                           "channel-mask=(bitmask)3"));
  const auto first = static_cast<std::int64_t>(gst_util_uint64_scale(pts, mix::kRate, GST_SECOND));
  const auto frames = mix::test::tone(first, kTickFrames, 880, 0.3F);
  const auto buffer = adopt(gst_buffer_new_memdup(frames.data(), frames.size() * sizeof(Frame)));
  GST_BUFFER_PTS(buffer.get()) = pts;
  return adopt(gst_sample_new(buffer.get(), caps.get(), nullptr, nullptr));
}

// Lets everybody go whose time has come (the clock does not do so by itself), until the stage and
// the mixer both wait for a time to come.
void settle(GstTestClock* clock) {
  for (;;) {
    gst_test_clock_wait_for_multiple_pending_ids(clock, 2, nullptr);
    GstClockID next = nullptr;
    gst_test_clock_peek_next_pending_id(clock, &next);
    const bool due = gst_clock_id_get_time(next) <= gst_clock_get_time(GST_CLOCK(clock));
    gst_clock_id_unref(next);
    if (!due) return;
    gst_clock_id_unref(gst_test_clock_process_next_clock_id(clock));
  }
}

struct Colour {
  int y = 0, u = 0, v = 0;
};
constexpr Colour kGreen{150, 44, 21}, kRed{82, 90, 240}, kBlue{41, 240, 110};

Ref<GstSample> picture(const Colour& colour, GstClockTime pts) {
  static const auto caps =
      adopt(gst_caps_from_string("video/x-raw,format=I420,width=64,height=36,framerate=30/1,"
                                 "pixel-aspect-ratio=1/1,colorimetry=bt709"));
  GstVideoInfo info;
  gst_video_info_from_caps(&info, caps.get());
  const auto buffer = adopt(gst_buffer_new_allocate(nullptr, info.size, nullptr));
  const auto fill = [&](gsize from, gsize to, int value) {
    gst_buffer_memset(buffer.get(), from, static_cast<guint8>(value), to - from);
  };
  fill(0, info.offset[1], colour.y);
  fill(info.offset[1], info.offset[2], colour.u);
  fill(info.offset[2], info.size, colour.v);
  GST_BUFFER_PTS(buffer.get()) = pts;
  return adopt(gst_sample_new(buffer.get(), caps.get(), nullptr, nullptr));
}

// Whether the picture has that colour there; places are shares of width and height.
bool shows(GstSample* sample, double x, double y, const Colour& colour) {
  GstVideoInfo info;
  GstVideoFrame frame;
  REQUIRE(gst_video_info_from_caps(&info, gst_sample_get_caps(sample)));
  REQUIRE(gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ));
  const std::array wanted{colour.y, colour.u, colour.v};
  bool same = true;
  for (guint plane = 0; plane < 3; ++plane) {
    const auto at = [&](double share, int size) { return static_cast<int>(share * size); };
    const int column = at(x, GST_VIDEO_FRAME_COMP_WIDTH(&frame, plane));
    const int line = at(y, GST_VIDEO_FRAME_COMP_HEIGHT(&frame, plane));
    const auto* data = static_cast<const guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
    const int value = data[line * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane) + column];
    same = same && std::abs(value - wanted[plane]) < 12;
  }
  gst_video_frame_unmap(&frame);
  return same;
}

}  // namespace

TEST_CASE("from ear to mouth it takes 60 ms at most beyond the jitter buffer") {
  const GstClockTime offset = GENERATE(0, 1 * kMs, 7 * kMs);
  gst_init(nullptr, nullptr);
  const auto clock = adopt(gst_test_clock_new_with_start_time(10 * GST_SECOND));
  Rig rig{Ref<GstClock>(clock)};
  REQUIRE(rig.slot(0).acquire("Ada"));
  REQUIRE(rig.slot(1).acquire("Ben"));
  const auto sink = std::make_shared<TimingSink>(rig);
  const auto subscription = rig.returns->subscribe(0, sink);
  const auto mix = rig.element("mix");
  Path path(rig, 1, "slot_1_mix");

  constexpr GstClockTime kEnd = 2 * GST_SECOND;
  const GstClockTime begin = 400 * kMs + offset;
  GstClockTime next = begin;
  for (GstClockTime now = 0; now < kEnd; now += kMs) {
    gst_test_clock_set_time(GST_TEST_CLOCK(clock.get()), rig.base_time() + now);
    settle(GST_TEST_CLOCK(clock.get()));
    // Time stands still until what the mixer has sent is there.
    gint64 mixed = 0;
    REQUIRE(gst_element_query_position(mix.get(), GST_FORMAT_TIME, &mixed));
    REQUIRE(rig.wait_for([&] {
      const auto ticks = sink->ticks();
      return mixed <= static_cast<gint64>(begin) ||
             (!ticks.empty() && (ticks.back() + 1) * KeepingSink::kTick == GstClockTime(mixed));
    }));
    // A jitter buffer lets a packet go when it has to, at the latest.
    for (; next + kJitterBuffer <= now; next += 20 * kMs) path.push_audio(tone_block(next).get());
  }

  // From when the first sample of a packet came to when the packet went.
  const auto ticks = sink->ticks();
  const auto times = sink->times();
  GstClockTime longest = 0;
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    const GstClockTime first = ticks[i] * KeepingSink::kTick;
    if (first < begin) continue;
    const GstClockTime block = begin + (first - begin) / (20 * kMs) * (20 * kMs);
    longest = std::max(longest, times[i] - (block + kJitterBuffer));
  }
  CHECK(longest <= kBound);
  // The mixer's allowance, and as long as a tick takes from a packet's beginning to come round.
  CHECK(longest == 40 * kMs + (20 * kMs - offset) % (20 * kMs));

  // The sound is where its timestamps say, behind the codec's own 6.5 ms, and nothing was late.
  const auto heard = sink->decoded();
  const auto onset = std::ranges::find_if(heard, [](const Frame& f) { return f.left > 0.05F; });
  REQUIRE(onset != heard.end());
  const GstClockTime at =
      ticks.front() * KeepingSink::kTick +
      gst_util_uint64_scale(static_cast<guint64>(onset - heard.begin()), GST_SECOND, mix::kRate);
  CHECK(at >= begin);
  CHECK(at <= begin + 14 * kMs);
  CHECK(sink->disconts().empty());
  guint64 late = 0;
  g_object_get(adopt(gst_element_get_static_pad(mix.get(), "sink_1")).get(), "late", &late,
               nullptr);
  CHECK(late == 0);
}

TEST_CASE("of shared screens the last one is shown, with its speaker beside it") {
  gst_init(nullptr, nullptr);
  Rig rig(adopt(gst_system_clock_obtain()));
  REQUIRE(rig.slot(0).acquire("Ada"));
  REQUIRE(rig.slot(1).acquire("Ben"));
  const auto eye = rig.element("eye");
  // Ada's camera is blue, her screen green; Ben's screen is red.
  const auto seen = [&](double x, const Colour& colour) {
    return rig.wait_for([&] {
      const GstClockTime now = rig.running_time();
      rig.slot(0).push_video(picture(kBlue, now).get());
      rig.slot(0).push_screen(picture(kGreen, now).get());
      rig.slot(1).push_screen(picture(kRed, now).get());
      const auto sample = adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(eye.get()), 0));
      return sample && shows(sample.get(), x, 0.5, colour);
    });
  };
  constexpr double kLarge = 0.4, kBeside = 0.88;
  rig.slot(0).set_screen(true);
  CHECK(seen(kLarge, kGreen));
  CHECK(seen(kBeside, kBlue));
  rig.slot(1).set_screen(true);
  CHECK(seen(kLarge, kRed));
  // Who shares already stays where they are.
  rig.slot(0).set_screen(true);
  CHECK(seen(kLarge, kRed));
  // Whoever leaves takes their screen along.
  rig.slot(1).release();
  CHECK(seen(kLarge, kGreen));
  rig.slot(0).set_screen(false);
  rig.slot(1).set_screen(false);
  REQUIRE(rig.slot(1).acquire("Eve"));
  rig.slot(1).set_screen(true);
  CHECK(seen(kLarge, kRed));
}
