// Goal: what comes out of encoders comes out of the store as parts of two renditions in step, with
// every sample in its place, and faults are refused with their reason.
// Method: synthetic access units; the parts' bytes are read back with a box reader.
#include "hls/packager.h"

#include <catch2/catch.hpp>

#include "packager_bench.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace spacecast::test;
using namespace std::chrono_literals;

TEST_CASE("picture and sound come out in step, every sample in its place") {
  Bench bench;
  bench.configure();
  bench.run(0s, 10s);
  bench.end();
  const auto snapshot = bench.store->snapshot();
  REQUIRE(snapshot->renditions.size() == 2);
  CHECK(snapshot->ended);
  const auto& video = snapshot->renditions[0];
  const auto& audio = snapshot->renditions[1];
  CHECK(video.info->name == "v0");
  CHECK(video.info->codecs == "avc1.42c01f");
  CHECK(video.info->frame_rate == Approx(30));
  CHECK(audio.info->codecs == "mp4a.40.2");
  REQUIRE(video.segments.size() == 5);
  REQUIRE(audio.segments.size() == 5);
  check_timeline(video);
  check_timeline(audio);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(video.segments[i]->msn == audio.segments[i]->msn);
    CHECK(video.segments[i]->start == 2s * i);
    CHECK(audio.segments[i]->start - video.segments[i]->start < 22ms);
    CHECK(video.segments[i]->parts.size() == 6);
  }
  std::uint64_t next = 0, samples = 0;
  for (const Chunk& chunk : chunks_of(video)) {
    CHECK(chunk.tfdt == next);
    next += chunk.duration();
    samples += chunk.samples.size();
  }
  CHECK(samples == 300);
  next = 0;
  for (const Chunk& chunk : chunks_of(audio)) {
    CHECK(chunk.tfdt == next);
    next += chunk.duration();
  }
  CHECK(bench.packager.take_warnings().empty());
}

TEST_CASE("one rendition alone works") {
  const bool with_video = GENERATE(true, false);
  Bench bench(with_video, !with_video);
  bench.configure();
  bench.run(0s, 5900ms, with_video, !with_video);
  bench.end();
  const auto snapshot = bench.store->snapshot();
  REQUIRE(snapshot->renditions.size() == 1);
  CHECK(snapshot->renditions[0].segments.size() == 3);
  check_timeline(snapshot->renditions[0]);
}

TEST_CASE("sound that is ahead waits for the picture") {
  Bench bench;
  bench.configure();
  bench.run(0s, 4s);
  const auto edges = [&] {
    const auto snapshot = bench.store->snapshot();
    return std::pair(snapshot->renditions[0].edge(), snapshot->renditions[1].edge());
  };
  const auto [video, audio] = edges();
  bench.run(4s, 5s, false, true);
  CHECK(edges().second <= audio + 342ms);
  CHECK(std::chrono::abs(edges().second - edges().first) <= 342ms);
  bench.run(4s, 5s, true, false);
  CHECK(edges().first > video + 600ms);
  CHECK(std::chrono::abs(edges().second - edges().first) <= 342ms);
}

TEST_CASE("sound from before the first IDR is dropped") {
  Bench bench;
  bench.configure();
  bench.run(0s, 1s, false, true);
  bench.push_video(25, false);
  bench.run(1s, 6s);
  bench.end();
  const auto snapshot = bench.store->snapshot();
  REQUIRE(snapshot->renditions.size() == 2);
  for (const auto& rendition : snapshot->renditions) {
    CHECK(rendition.segments[0]->start >= 1s);
    CHECK(rendition.segments[0]->start < 1022ms);
    CHECK(gap_time(rendition) == 0s);
  }
}

TEST_CASE("frames that are shown in another order than they are decoded") {
  Bench bench(true, false);
  bench.configure();
  // I P B B in groups of thirty; the encoder's dts runs two frames ahead.
  for (int i = 0; i < 120; ++i) {
    const int in_gop = i % 30;
    const int shown = in_gop == 0 || in_gop > 27 ? i : i + (in_gop % 3 == 1 ? 2 : -1);
    REQUIRE(bench.packager.push(
        *bench.video, {1s + Bench::frame_time(shown), 1s + Bench::frame_time(i) - 66666666ns,
                       avc_frame(in_gop == 0)}));
  }
  bench.end();
  const auto snapshot = bench.store->snapshot();
  const auto chunks = chunks_of(snapshot->renditions[0]);
  CHECK(snapshot->renditions[0].segments[0]->start == 1s);
  std::vector<std::int64_t> shown;
  for (const Chunk& chunk : chunks) {
    auto decode = static_cast<std::int64_t>(chunk.tfdt);
    for (const auto& sample : chunk.samples) {
      shown.push_back(decode + sample.offset);
      decode += sample.duration;
    }
  }
  std::ranges::sort(shown);
  REQUIRE(shown.size() == 120);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    CHECK(std::abs(shown[i] - (90000 + 3000 * static_cast<std::int64_t>(i))) <= 1);
  }
}

TEST_CASE("bandwidth is what the encoder says, or what the first segment was") {
  Bench bench;
  bench.configure();
  bench.packager.set_bit_rate(*bench.video, 2'000'000);
  bench.run(0s, 4s);
  const auto snapshot = bench.store->snapshot();
  REQUIRE(snapshot->renditions.size() == 2);
  const auto& video = *snapshot->renditions[0].info;
  CHECK(video.average_bandwidth > 2'000'000);
  CHECK(video.average_bandwidth < 2'050'000);
  CHECK(video.bandwidth > 3'000'000);
  const auto& audio = *snapshot->renditions[1].info;
  std::size_t bytes = 0;
  for (const Part& part : snapshot->renditions[1].segments[0]->parts) bytes += part.bytes->size();
  const double seconds =
      std::chrono::duration<double>(snapshot->renditions[1].segments[0]->duration()).count();
  CHECK(audio.average_bandwidth == Approx(8.0 * static_cast<double>(bytes) / seconds).margin(1));
}

TEST_CASE("key frames are wanted on the next two lines") {
  Bench bench;
  bench.configure();
  CHECK(bench.packager.key_frame_lines().empty());
  bench.run(500ms, 1500ms);
  bench.run(1500ms, 3500ms);
  const auto lines = bench.packager.key_frame_lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[1] - lines[0] == 2s);
  // At the frame of 5 s, not the one before.
  CHECK(lines[0] < 5s);
  CHECK(lines[0] > 5s - Bench::frame_time(1));
}

TEST_CASE("faults are refused with their reason") {
  Bench bench;
  CHECK(bench.packager.push(*bench.video, {0s, 0s, avc_frame(true)}).error().code ==
        ErrorCode::kConflict);
  bench.configure();
  bench.configure();
  SECTION("an access unit that is none") {
    CHECK_FALSE(bench.packager.push(*bench.video, {0s, 0s, {0, 0, 1, 0x65, 9}}));
  }
  SECTION("a jump that no gap bridges") {
    bench.run(0s, 3s);
    bench.push_video(30 * 7200, true);
    const auto pushed = bench.packager.push(*bench.audio, {7200s, 7200s, ByteVector(100, 0x21)});
    CHECK_FALSE(pushed);
  }
  SECTION("a frame rate that parts cannot hold") {
    Bench slow;
    CHECK_FALSE(slow.packager.set_track(
        *slow.video, VideoTrack{*media::parse_avc_config(kAvcRecord), 1280, 720, 2, 1}));
  }
}

TEST_CASE("what waits is bounded, whatever timestamps say") {
  Bench bench;
  bench.configure();
  bench.push_video(0, true);
  for (int i = 0; i < 5000; ++i) {
    REQUIRE(bench.packager.push(*bench.audio, {1s, 1s, ByteVector(100, 0x21)}));
  }
  CHECK(bench.packager.take_warnings().size() >= 1);
}
