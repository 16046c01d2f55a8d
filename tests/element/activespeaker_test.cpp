// Goal: the shell of activespeaker: time base, pictures, messages, pads, end of stream. Method:
// GstHarness on a test clock, so that every tick is drawn by the test; what it decides is tested in
// tests/unit/speaker.
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "activespeaker_rig.h"

using namespace spacecast;
using namespace spacecast::test;
using Changes = std::vector<std::pair<GstClockTime, int>>;

namespace {

constexpr GstClockTime kMs = GST_MSECOND;
constexpr GstClockTime kS = GST_SECOND;

struct Cut {
  std::string speaker;
  guint64 onset = 0, decided = 0, cut = 0;
  std::string reason;
  bool operator==(const Cut&) const = default;
};

Cut next_cut(Rig& rig) {
  const auto message = rig.message("active-speaker");
  if (!message) return {"no message", 0, 0, 0, ""};
  const GstStructure* fields = gst_message_get_structure(message.get());
  Cut cut;
  cut.speaker = gst_structure_get_string(fields, "speaker");
  cut.reason = gst_structure_get_string(fields, "reason");
  REQUIRE(gst_structure_get_uint64(fields, "onset", &cut.onset));
  REQUIRE(gst_structure_get_uint64(fields, "decided", &cut.decided));
  REQUIRE(gst_structure_get_uint64(fields, "cut", &cut.cut));
  return cut;
}

bool has_caps(const Rig& rig, const char* text) {
  const auto caps = rig.caps();
  const auto expected = adopt(gst_caps_from_string(text));
  return caps && gst_caps_is_subset(caps.get(), expected.get());
}

// Takes serialised events until EOS; what else comes with the stream is of no interest here.
bool ends(Rig& rig) {
  for (;;) {
    const auto event = adopt(gst_harness_pull_event(rig.out()));
    if (!event) return false;
    if (GST_EVENT_TYPE(event.get()) == GST_EVENT_EOS) return true;
  }
}

}  // namespace

TEST_CASE("without any input, empty pictures come at once and at a regular pace") {
  const auto [downstream, rate_n, rate_d] = GENERATE(
      table<const char*, guint64, guint64>({{"video/x-raw", 30, 1},
                                            {"video/x-raw,framerate=25/1", 25, 1},
                                            {"video/x-raw,framerate=30000/1001", 30000, 1001},
                                            {"video/x-raw,framerate=[1/1,60/1]", 30, 1}}));
  Rig rig(400 * kMs, 60 * kMs, downstream);
  rig.play();
  for (guint64 n = 0; n < 120; ++n) {
    const GstClockTime pts = gst_util_uint64_scale(n, kS * rate_d, rate_n);
    GstClockID waiting = nullptr;
    gst_test_clock_wait_for_next_pending_id(rig.clock(), &waiting);
    CHECK(gst_clock_id_get_time(waiting) == pts + 460 * kMs);
    gst_clock_id_unref(waiting);
    const Shown shown = rig.tick();
    CHECK(shown.pts == pts);
    CHECK(shown.pts + shown.duration == gst_util_uint64_scale(n + 1, kS * rate_d, rate_n));
    CHECK(shown.luma == kGround);
    CHECK(shown.discont == (n == 0));
  }
  CHECK(has_caps(rig, "video/x-raw,format=I420,width=1280,height=720,pixel-aspect-ratio=1/1"));
}

TEST_CASE("the picture is the talker's, from the first syllable on") {
  Rig rig;
  rig.add_speaker(0);
  rig.add_speaker(7);
  for (GstClockTime at = 0; at < 5 * kS; at += 66 * kMs) {
    rig.show(0, at, 100);
    rig.show(7, at, 200);
  }
  rig.talk(0, 500 * kMs, 2 * kS);
  rig.talk(7, 3 * kS, 4 * kS);
  CHECK(rig.run_until(5 * kS) ==
        Changes{{0, kGround}, {tick_at(500 * kMs), 100}, {tick_at(3 * kS), 200}});
  const auto check_cut = [&rig](const char* speaker, GstClockTime onset, const char* reason) {
    const Cut cut = next_cut(rig);
    CHECK(cut.decided > onset);
    CHECK(cut.decided <= onset + 400 * kMs);
    CHECK(cut == Cut{speaker, onset, cut.decided, onset, reason});
  };
  check_cut("0", 500 * kMs, "first");
  check_cut("7", 3 * kS, "turn");
  CHECK(next_cut(rig).speaker == "no message");
  CHECK(rig.on_air() == "7");
}

TEST_CASE("without look-ahead the cut comes when it is decided") {
  Rig rig(0);
  rig.add_speaker(0);
  rig.film(0, 0, 2 * kS, 100);
  rig.talk(0, 500 * kMs, 2 * kS);
  const Changes changes = rig.run_until(2 * kS);
  const Cut cut = next_cut(rig);
  CHECK(cut == Cut{"0", 500 * kMs, cut.decided, cut.decided, "first"});
  CHECK(changes == Changes{{0, kGround}, {tick_at(cut.decided), 100}});
}

TEST_CASE("who talks is told by name, besides who is on air") {
  Rig rig;
  rig.add_speaker(0);
  rig.add_speaker(1);
  gst_child_proxy_set(GST_CHILD_PROXY(rig.element()), "audio_1::speaker", "anna", nullptr);
  rig.talk(0, 500 * kMs, 2 * kS);
  rig.talk(1, 1 * kS, 1500 * kMs);
  (void)rig.run_until(3 * kS);
  CHECK(rig.names("talking") == std::vector<std::string>{"0"});
  CHECK(rig.names("talking") == std::vector<std::string>{"0", "anna"});
  CHECK(rig.names("talking") == std::vector<std::string>{"0"});
  CHECK(rig.names("talking").empty());
}

TEST_CASE("stereo and 16 bit are heard like anything else") {
  Rig rig;
  rig.add_speaker(0);
  rig.add("audio_3", "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved");
  const auto voice = speaker::test::speak(MediaTime(static_cast<std::int64_t>(kS)), 48'000);
  std::vector<std::int16_t> samples(2 * 48000);
  for (std::size_t i = 0; i < voice.size(); ++i) {
    samples[2 * i] = samples[2 * i + 1] = static_cast<std::int16_t>(32'767 * voice[i]);
  }
  CHECK(rig.push("audio_3", samples.data(), samples.size() * 2, 1 * kS, kS) == GST_FLOW_OK);
  (void)rig.run_until(2 * kS);
  const Cut cut = next_cut(rig);
  CHECK(cut == Cut{"3", 1 * kS, cut.decided, 1 * kS, "first"});
}

TEST_CASE("a picture without a microphone is for waiting") {
  Rig rig;
  rig.add_speaker(0);
  rig.add("video_99", Rig::kSmall);
  rig.show(99, 0, 50);
  rig.film(0, 3 * kS, 4 * kS, 100);

  // Nobody talks; then somebody does whose camera comes much later.
  rig.talk(0, 1 * kS, 2 * kS);
  CHECK(rig.run_until(4 * kS) == Changes{{0, 50}, {tick_at(1600 * kMs), kGround}, {3 * kS, 100}});
}

TEST_CASE("each tick shows the picture of the middle of its time, again where there is none") {
  Rig rig;
  rig.add_speaker(0);
  rig.talk(0, 0, 1 * kS);
  rig.show(0, 0, 101);
  rig.show(0, 10 * kMs, 102);
  rig.show(0, 20 * kMs, 103);
  rig.show(0, 100 * kMs, 104);
  rig.show(0, 5 * kS, 105);
  CHECK(rig.tick().luma == 102);
  CHECK(rig.tick().luma == 103);
  CHECK(rig.tick().luma == 103);
  CHECK(rig.tick().luma == 104);
  // Late is better than never, and timestamps that go back are believed.
  rig.show(0, 50 * kMs, 106);
  CHECK(rig.tick().luma == 106);
  CHECK(rig.run_until(600 * kMs).size() == 1);
}

TEST_CASE("cameras of any size and format are painted on the one canvas") {
  Rig rig;
  rig.add_speaker(0);
  rig.talk(0, 0, 5 * kS);
  rig.show(0, 0, 100);
  CHECK(rig.tick().luma == 100);
  const char* canvas = "video/x-raw,format=I420,width=16,height=16,framerate=30/1";
  CHECK(has_caps(rig, canvas));
  gst_harness_set_src_caps_str(rig.input("video_0"),
                               "video/x-raw,format=I420,width=32,height=32,framerate=7/1");
  rig.show(0, 60 * kMs, 120, 32);
  CHECK(rig.tick().luma == 100);
  CHECK(rig.tick().luma == 120);
  CHECK(has_caps(rig, canvas));
}

TEST_CASE("an input takes any picture, best of all the canvas's own") {
  Rig rig(0, 0, "video/x-raw,format=I420,width=640,height=[1,480],framerate=25/1");
  rig.add("video_0", "video/x-raw,format=I420,width=640,height=360,framerate=60/1");
  const auto query = [&rig](const char* text) {
    const auto caps = adopt(gst_caps_from_string(text));
    return gst_pad_query_accept_caps(rig.pad("video_0").get(), caps.get());
  };
  CHECK(query("video/x-raw,format=I420,width=640,height=360,framerate=15/1"));
  CHECK(query("video/x-raw,format=NV12,width=320,height=1360,framerate=25/1"));
  CHECK_FALSE(query("video/x-h264"));
  const auto caps = adopt(gst_pad_query_caps(rig.pad("video_0").get(), nullptr));
  const GstStructure* first = gst_caps_get_structure(caps.get(), 0);
  int width = 0;
  CHECK(gst_structure_get_int(first, "width", &width));
  CHECK(width == 640);
  CHECK_FALSE(gst_structure_has_field(first, "framerate"));
}

TEST_CASE("a slot whose speaker left is empty") {
  Rig rig;
  rig.add_speaker(0);
  rig.add_speaker(1);
  rig.add("video_9", Rig::kSmall);
  rig.film(0, 0, 5 * kS, 100);
  rig.film(1, 0, 5 * kS, 200);
  rig.show(9, 0, 50);
  rig.talk(1, 0, 1 * kS);
  rig.talk(0, 2500 * kMs, 3500 * kMs);
  const auto set_active = [&rig](const char* pad, gboolean active) {
    g_object_set(rig.pad(pad).get(), "active", active, nullptr);
  };
  CHECK(rig.run_until(4 * kS) == Changes{{0, 200}, {tick_at(2500 * kMs), 100}});

  set_active("audio_0", FALSE);
  CHECK(rig.tick().luma == 200);
  set_active("audio_1", FALSE);
  CHECK(rig.tick().luma == 50);
  CHECK(rig.on_air().empty());
  for (int i = 0; i < 2; ++i) (void)next_cut(rig);
  CHECK(next_cut(rig).reason == "left");
  const Cut nobody = next_cut(rig);
  CHECK(nobody.speaker.empty());
  CHECK(nobody.reason == "left");

  // What still arrives is neither heard nor seen, now or later.
  rig.show(0, 4 * kS, 101);
  rig.talk(0, 4500 * kMs, 6 * kS);
  CHECK(rig.run_until(6 * kS) == Changes{{tick_at(4 * kS + 60 * kMs), 50}});
  set_active("audio_0", TRUE);
  CHECK(rig.run_until(7 * kS).back().second == 50);
  // Whoever comes next is somebody else.
  rig.film(0, 7 * kS, 9 * kS, 110);
  rig.talk(0, 8 * kS, 9 * kS);
  CHECK(rig.run_until(9 * kS).back() == std::pair{tick_at(8 * kS), 110});
}

TEST_CASE("a cut to come is brought forward when the one on air leaves before it") {
  Rig rig;
  rig.add_speaker(0);
  rig.add_speaker(1);
  rig.film(0, 0, 4 * kS, 100);
  rig.film(1, 0, 4 * kS, 200);
  rig.talk(0, 0, 1 * kS);
  rig.talk(1, 3 * kS, 4 * kS);
  // The turn is decided at the latest when look-ahead just reaches back to its onset.
  CHECK(rig.run_until(tick_at(2970 * kMs)) == Changes{{0, 100}});
  g_object_set(rig.pad("audio_0").get(), "active", FALSE, nullptr);
  CHECK(rig.tick().luma == 200);
}

TEST_CASE("pads come and go while ticks go on") {
  Rig rig;
  rig.add_speaker(0);
  rig.film(0, 0, 1 * kS, 100);
  rig.talk(0, 0, 1 * kS);
  CHECK(rig.run_until(1 * kS) == Changes{{0, 100}});
  rig.remove("video_0");
  CHECK(rig.tick().luma == kGround);
  rig.add("video_0", Rig::kSmall);
  rig.show(0, 1 * kS, 101);
  CHECK(rig.tick().luma == 101);
  rig.remove("audio_0");
  // Without a microphone it is a waiting picture.
  CHECK(rig.tick().luma == 101);
  CHECK(rig.on_air().empty());
  rig.remove("video_0");
  CHECK(rig.tick().luma == kGround);
}

TEST_CASE("pads are named by number") {
  Rig rig;
  const auto request = [&rig](const char* name) {
    return adopt(gst_element_request_pad_simple(rig.element(), name));
  };
  const auto first = request("audio_%u");
  const auto second = request("audio_%u");
  const auto third = request("video_12");
  REQUIRE((first && second && third));
  CHECK(std::string(GST_PAD_NAME(first.get())) == "audio_0");
  CHECK(std::string(GST_PAD_NAME(second.get())) == "audio_1");
  CHECK(std::string(GST_PAD_NAME(third.get())) == "video_12");
  CHECK_FALSE(request("audio_x"));
  CHECK_FALSE(request("audio_99999999999"));
  for (const auto& pad : {first, second, third})
    gst_element_release_request_pad(rig.element(), pad.get());
}

TEST_CASE("the latency is what inputs have, plus allowance and look-ahead") {
  Rig rig(500 * kMs, 40 * kMs);
  rig.add_speaker(0);
  gst_harness_set_upstream_latency(rig.input("audio_0"), 200 * kMs);
  gst_harness_set_upstream_latency(rig.input("video_0"), 100 * kMs);
  CHECK(gst_harness_query_latency(rig.out()) == 740 * kMs);
  // Ticks follow the latency that was answered.
  (void)rig.tick();
  GstClockID waiting = nullptr;
  gst_test_clock_wait_for_next_pending_id(rig.clock(), &waiting);
  CHECK(gst_clock_id_get_time(waiting) == tick_at(33 * kMs) + 740 * kMs);
  gst_clock_id_unref(waiting);
}

TEST_CASE("ticks that are late follow each other at once, more than a second of them is left out") {
  Rig rig;
  rig.play();
  CHECK(rig.tick().pts == 0);
  guint64 skipped = 1;
  SECTION("nine tenths of a second: none is left out") {
    gst_test_clock_wait_for_next_pending_id(rig.clock(), nullptr);
    gst_test_clock_set_time(rig.clock(), 400 * kMs + 900 * kMs);
    for (guint64 n = 1; n <= 30; ++n) {
      const Shown shown = rig.tick();
      CHECK(shown.pts == gst_util_uint64_scale(n, kS, 30));
      CHECK_FALSE(shown.discont);
    }
    g_object_get(rig.element(), "skipped", &skipped, nullptr);
    CHECK(skipped == 0);
  }
  SECTION("three seconds: on to what is due") {
    gst_test_clock_wait_for_next_pending_id(rig.clock(), nullptr);
    gst_test_clock_set_time(rig.clock(), 400 * kMs + 3 * kS);
    const Shown shown = rig.tick();
    CHECK(shown.pts == 3 * kS);
    CHECK(shown.discont);
    g_object_get(rig.element(), "skipped", &skipped, nullptr);
    CHECK(skipped == 89);
    CHECK(rig.tick().pts == tick_at(3 * kS + 1));
  }
}

TEST_CASE("an element that joins a running pipeline begins with what is due") {
  Rig rig;
  gst_test_clock_set_time(rig.clock(), 3600 * kS);
  rig.play();
  const Shown shown = rig.tick();
  CHECK(shown.pts == 3600 * kS - 400 * kMs);
  guint64 skipped = 1;
  g_object_get(rig.element(), "skipped", &skipped, nullptr);
  CHECK(skipped == 0);
}

TEST_CASE("an end of stream sent to the element ends the output after the picture of now") {
  Rig rig;
  rig.add_speaker(0);
  (void)rig.run_until(1 * kS);
  // The clock is ahead of the picture by the look-ahead.
  REQUIRE(gst_element_send_event(rig.element(), gst_event_new_eos()));
  const GstClockTime now = gst_clock_get_time(GST_CLOCK(rig.clock()));
  (void)rig.run_until(now);
  REQUIRE(gst_test_clock_crank(rig.clock()));
  CHECK(ends(rig));
  CHECK(gst_harness_buffers_in_queue(rig.out()) == 0);
  // Inputs learn of it.
  const std::vector<float> samples(320);
  CHECK(rig.push("audio_0", samples.data(), samples.size() * sizeof(float), now, 20 * kMs) ==
        GST_FLOW_EOS);
}

TEST_CASE("the output ends when all inputs have, and not before") {
  Rig rig;
  rig.add_speaker(0);
  rig.show(0, 0, 100);
  rig.talk(0, 0, 1 * kS);
  CHECK(gst_harness_push_event(rig.input("audio_0"), gst_event_new_eos()));
  (void)rig.run_until(2 * kS);
  CHECK(gst_harness_push_event(rig.input("video_0"), gst_event_new_eos()));
  REQUIRE(gst_test_clock_crank(rig.clock()));
  CHECK(ends(rig));
}

TEST_CASE("a flushed input starts anew") {
  Rig rig;
  rig.add_speaker(0);
  rig.talk(0, 0, 1 * kS);
  rig.show(0, 0, 100);
  rig.show(0, 500 * kMs, 101);
  CHECK(rig.tick().luma == 100);
  CHECK(gst_harness_push_event(rig.input("video_0"), gst_event_new_flush_start()));
  CHECK(gst_harness_push_event(rig.input("video_0"), gst_event_new_flush_stop(TRUE)));
  CHECK(rig.tick().luma == kGround);
  CHECK(rig.run_until(1 * kS).size() == 1);
}

TEST_CASE("stopped and started, it begins from nothing") {
  Rig rig;
  rig.add_speaker(0);
  rig.film(0, 0, 1 * kS, 100);
  rig.talk(0, 0, 1 * kS);
  CHECK(rig.run_until(1 * kS) == Changes{{0, 100}});
  REQUIRE(gst_element_set_state(rig.element(), GST_STATE_READY) == GST_STATE_CHANGE_SUCCESS);
  CHECK(rig.on_air().empty());
  REQUIRE(gst_element_set_state(rig.element(), GST_STATE_PAUSED) == GST_STATE_CHANGE_NO_PREROLL);
  gst_element_set_base_time(rig.element(), gst_clock_get_time(GST_CLOCK(rig.clock())));
  REQUIRE(gst_element_set_state(rig.element(), GST_STATE_PLAYING) == GST_STATE_CHANGE_SUCCESS);
  const Shown shown = rig.tick();
  CHECK(shown.pts == 0);
  CHECK(shown.luma == kGround);
  CHECK(shown.discont);
}

TEST_CASE("paused, it waits; playing again, it goes on") {
  Rig rig;
  rig.play();
  const Shown before = rig.tick();
  gst_test_clock_wait_for_next_pending_id(rig.clock(), nullptr);
  REQUIRE(gst_element_set_state(rig.element(), GST_STATE_PAUSED) == GST_STATE_CHANGE_NO_PREROLL);
  gst_test_clock_set_time(rig.clock(), 10 * kS);
  // A pipeline would move the base time by the length of the pause.
  gst_element_set_base_time(rig.element(), 10 * kS - 400 * kMs);
  REQUIRE(gst_element_set_state(rig.element(), GST_STATE_PLAYING) == GST_STATE_CHANGE_SUCCESS);
  const Shown after = rig.tick();
  CHECK(after.pts == before.pts + before.duration);
  CHECK_FALSE(after.discont);
}

TEST_CASE("nothing is left behind") {
  gpointer element = nullptr;
  gpointer pad = nullptr;
  {
    Rig rig;
    rig.add_speaker(0);
    element = rig.element();
    pad = rig.pad("audio_0").get();
    g_object_add_weak_pointer(G_OBJECT(element), &element);
    g_object_add_weak_pointer(G_OBJECT(pad), &pad);
    rig.show(0, 0, 100);
    rig.talk(0, 0, 1 * kS);
    (void)rig.run_until(1 * kS);
  }
  CHECK(element == nullptr);
  CHECK(pad == nullptr);
}
