// Goal: the element around the packager: caps, EOS, flush, key-frame requests, files, faults, and
// the time of sound against what its encoder adds in front. Method: real encoders on sources that
// are not live, as fast as they go; GstHarness for the rest.
#include <gio/gio.h>

#include <fstream>
#include <utility>

#include "glibx/ref.h"
#include "llhlssink_rig.h"

using namespace spacecast;
using namespace spacecast::test;
using namespace std::chrono_literals;

TEST_CASE("encoders in, a whole presentation out, in the store and in files") {
  const std::string encoder = GENERATE("tune=zerolatency key-int-max=30",
                                       "speed-preset=ultrafast bframes=2 key-int-max=300");
  CAPTURE(encoder);
  const Directory directory;
  const Run run = play("llhlssink name=hls location=" + directory.path.string() + " " +
                       video_source(240, encoder) + audio_source(375, "sine"));
  CHECK(run.eos);
  CHECK(run.faults.empty());
  const auto snapshot = run.store->snapshot();
  CHECK(snapshot->ended);
  REQUIRE(snapshot->renditions.size() == 2);
  CHECK(snapshot->renditions[0].info->width == 160);
  CHECK(snapshot->renditions[1].info->codecs == "mp4a.40.2");
  for (const auto& rendition : snapshot->renditions) {
    REQUIRE(rendition.segments.size() == 4);
    std::uint64_t next = 0;
    for (const auto& segment : rendition.segments) {
      CHECK_FALSE(segment->gap());
      bool first = true;
      for (const hls::Part& part : segment->parts) {
        const auto chunks = parse_chunks(*part.bytes);
        REQUIRE(chunks);
        CHECK(chunks->front().tfdt == next);
        next += chunks->front().duration();
        // The encoder answered the request for an IDR, even with ten seconds between its own.
        if (std::exchange(first, false)) CHECK(chunks->front().samples.front().sync());
      }
    }
  }
  for (const char* name : {"master.m3u8", "v0.m3u8", "a0.m3u8", "v0/init-1.mp4", "v0/3.m4s"}) {
    CHECK(std::filesystem::exists(directory.path / name));
  }
}

TEST_CASE("sound is heard at its time, whatever its encoder puts in front") {
  const Directory directory;
  const Run run = play("llhlssink name=hls location=" + directory.path.string() + " " +
                       audio_source(190, "ticks"));
  REQUIRE(run.eos);
  const auto file = directory.path / "all.mp4";
  {
    std::ofstream all(file, std::ios::binary);
    for (const char* name : {"a0/init-1.mp4", "a0/0.m4s", "a0/1.m4s"}) {
      all << std::ifstream(directory.path / name, std::ios::binary).rdbuf();
    }
  }
  // Where, between 0.5 and 1.5 s, the second tick's energy is: AAC smears its onset.
  const auto tick = [](const std::string& source) {
    ErrorOut error;
    const Ref<GstElement> pipeline(
        gst_parse_launch((source + " ! audioconvert ! audio/x-raw,format=F32LE,channels=1"
                                   " ! appsink name=out sync=false")
                             .c_str(),
                         error.out()));
    REQUIRE(pipeline);
    const auto out = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    double energy = 0, moment = 0, at = 0;
    while (at < 1.5) {
      GstSample* raw = nullptr;
      g_signal_emit_by_name(out.get(), "try-pull-sample", 10 * GST_SECOND, &raw);
      if (!raw) break;
      const auto sample = adopt(raw);
      GstBuffer* buffer = gst_sample_get_buffer(raw);
      std::vector<float> values(gst_buffer_get_size(buffer) / sizeof(float));
      gst_buffer_extract(buffer, 0, values.data(), values.size() * sizeof(float));
      const double start = static_cast<double>(GST_BUFFER_PTS(buffer)) / GST_SECOND;
      for (std::size_t i = 0; i < values.size(); ++i) {
        at = start + static_cast<double>(i) / 48000;
        if (at < 0.5 || at > 1.5) continue;
        const double power = static_cast<double>(values[i]) * values[i];
        energy += power;
        moment += power * at;
      }
    }
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    return energy > 0 ? moment / energy : 0;
  };
  const double made =
      tick("audiotestsrc num-buffers=190 wave=ticks ! audio/x-raw,rate=48000,channels=1");
  const double heard = tick("filesrc location=" + file.string() + " ! qtdemux ! avdec_aac");
  CHECK(made > 0.5);
  // An encoder's delay is 21 ms.
  CHECK(heard == Approx(made).margin(0.005));
}

TEST_CASE("an IDR is asked for ahead of every segment") {
  Bench bench;
  for (guint64 video = 0, audio = 0; video < 200; ++video) {
    REQUIRE(bench.push_video(video) == GST_FLOW_OK);
    for (; audio * 1024 * 30 < video * 48000; ++audio) {
      REQUIRE(bench.push_audio(audio) == GST_FLOW_OK);
    }
  }
  const auto asked = bench.pop_asked();
  // The two after the one that has begun, at 6 s.
  REQUIRE(asked.size() == 5);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const GstClockTime line = (i + 1) * 2 * GST_SECOND;
    // After the frame before the line's, not after the line's own.
    CHECK(asked[i] < line);
    CHECK(asked[i] > line - GST_SECOND / 30);
  }
}

TEST_CASE("EOS is posted once, when every pad has it") {
  Bench bench;
  for (guint64 i = 0; i < 10; ++i) REQUIRE(bench.push_video(i) == GST_FLOW_OK);
  CHECK(gst_harness_push_event(bench.video, gst_event_new_eos()));
  CHECK_FALSE(bench.pop_eos());
  CHECK(gst_harness_push_event(bench.audio, gst_event_new_eos()));
  CHECK(bench.pop_eos());
  CHECK(get_store(bench.element.get())->snapshot()->ended);
}

TEST_CASE("a live pad that stalls does not hold the other one up") {
  Bench bench;
  for (guint64 i = 0; i < 60; ++i) REQUIRE(bench.push_video(i) == GST_FLOW_OK);
  for (guint64 i = 0; i < 500; ++i) REQUIRE(bench.push_audio(i) == GST_FLOW_OK);
  const auto snapshot = get_store(bench.element.get())->snapshot();
  REQUIRE(snapshot->renditions.size() == 2);
  CHECK(snapshot->renditions[1].edge() > 8s);
  CHECK_FALSE(bench.pop_fault(GST_MESSAGE_WARNING).empty());
}

TEST_CASE("a flush ends with new frames being taken") {
  Bench bench;
  for (guint64 i = 0; i < 40; ++i) REQUIRE(bench.push_video(i) == GST_FLOW_OK);
  CHECK(gst_harness_push_event(bench.video, gst_event_new_flush_start()));
  CHECK(bench.push_video(40) == GST_FLOW_FLUSHING);
  CHECK(gst_harness_push_event(bench.video, gst_event_new_flush_stop(TRUE)));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  CHECK(gst_harness_push_event(bench.video, gst_event_new_segment(&segment)));
  for (guint64 i = 40; i < 70; ++i) REQUIRE(bench.push_video(i) == GST_FLOW_OK);
  CHECK(bench.pop_fault(GST_MESSAGE_ERROR).empty());
}

TEST_CASE("a port that is taken stops the start and is named") {
  init();
  const auto listener = adopt(g_socket_listener_new());
  const auto host = adopt(g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4));
  const auto address = adopt(g_inet_socket_address_new(host.get(), 0));
  GSocketAddress* bound = nullptr;
  REQUIRE(g_socket_listener_add_address(listener.get(), address.get(), G_SOCKET_TYPE_STREAM,
                                        G_SOCKET_PROTOCOL_TCP, nullptr, &bound, nullptr));
  const auto owned = adopt(bound);
  const guint port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
  const Ref<GstElement> element(gst_element_factory_make("llhlssink", nullptr));
  const auto bus = adopt(gst_bus_new());
  gst_element_set_bus(element.get(), bus.get());
  g_object_set(element.get(), "http-port", port, nullptr);
  CHECK(gst_element_set_state(element.get(), GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE);
  const auto message = adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
  REQUIRE(message);
  CHECK(describe_fault(message.get()).find(std::to_string(port)) != std::string::npos);
  gst_element_set_state(element.get(), GST_STATE_NULL);
  gst_element_set_bus(element.get(), nullptr);
}

TEST_CASE("a program's own store is published into; pads come and go; nothing is left behind") {
  init();
  auto store = *hls::Store::create({});
  Ref<GstElement> element(gst_element_factory_make("llhlssink", nullptr));
  set_store(element.get(), store);
  CHECK(get_store(element.get()) == store);
  for (int i = 0; i < 3; ++i) {
    CHECK(gst_element_set_state(element.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_SUCCESS);
    const auto pad = adopt(gst_element_request_pad_simple(element.get(), "audio_%u"));
    REQUIRE(pad);
    gst_element_release_request_pad(element.get(), pad.get());
    CHECK(gst_element_set_state(element.get(), GST_STATE_NULL) == GST_STATE_CHANGE_SUCCESS);
  }
  CHECK(GST_OBJECT_REFCOUNT_VALUE(element.get()) == 1);
  element.reset();
  CHECK(store.use_count() == 1);
}
