// Goal: what comes out of encoders comes out of the store as parts of two renditions in step, with
// every sample in its place and every fault kept to the rendition that has it.
// Method: synthetic access units; the parts' bytes are read back with a box reader.
#include "hls/packager.h"

#include <catch2/catch.hpp>

#include "../media/boxes.h"
#include "../media/samples.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::test;
using namespace std::chrono_literals;

namespace {

constexpr WallTime kWallZero{std::chrono::seconds(1'800'000'000)};

struct Bench {
  std::shared_ptr<Store> store = *Store::create({});
  Packager packager{store};
  std::optional<std::size_t> video, audio;

  explicit Bench(bool with_video = true, bool with_audio = true) {
    packager.set_wall_zero(kWallZero);
    if (with_audio) audio = packager.add_rendition(MediaKind::kAudio, "a0");
    if (with_video) video = packager.add_rendition(MediaKind::kVideo, "v0");
  }
  void configure_video(std::uint32_t rate = 30) {
    REQUIRE(packager.set_track(
        *video, VideoTrack{*media::parse_avc_config(kAvcRecord), 1280, 720, rate, 1}));
  }
  void configure_audio() {
    REQUIRE(packager.set_track(*audio, AudioTrack{*media::parse_aac_config(kAac48k), 2}));
  }
  void configure() {
    if (video) configure_video();
    if (audio) configure_audio();
  }
  static MediaTime frame_time(int i) { return MediaTime(1'000'000'000LL * i / 30); }
  static MediaTime audio_time(int i) { return media::to_media_time(1024LL * i, 48000); }
  void push_video(int i, bool idr) {
    REQUIRE(packager.push(*video, {frame_time(i), frame_time(i), avc_frame(idr)}));
  }
  void push_audio(int i) {
    REQUIRE(packager.push(*audio, {audio_time(i), audio_time(i), ByteVector(100, 0x21)}));
  }
  // Frames of [from, to) in order of time, an IDR a second.
  void run(MediaTime from, MediaTime to, bool with_video = true, bool with_audio = true) {
    int v = 0, a = 0;
    while (frame_time(v) < from) ++v;
    while (audio_time(a) < from) ++a;
    while (true) {
      const bool more_video = with_video && frame_time(v) < to;
      const bool more_audio = with_audio && audio_time(a) < to;
      if (!more_video && !more_audio) return;
      if (more_video && (!more_audio || frame_time(v) <= audio_time(a))) {
        push_video(v, v % 30 == 0);
        ++v;
      } else {
        push_audio(a++);
      }
    }
  }
  void end() {
    if (video) REQUIRE(packager.end(*video));
    if (audio) REQUIRE(packager.end(*audio));
  }
};

// Chunks of all parts that have bytes, checked one by one.
std::vector<Chunk> chunks_of(const RenditionState& state) {
  std::vector<Chunk> chunks;
  for (const auto& segment : state.segments) {
    for (const Part& part : segment->parts) {
      CHECK(part.gap == !part.bytes);
      if (part.gap) continue;
      auto parsed = parse_chunks(*part.bytes);
      REQUIRE(parsed);
      REQUIRE(parsed->size() == 1);
      bool sync = false;
      for (const auto& sample : parsed->front().samples) sync = sync || sample.sync();
      CHECK(part.independent == sync);
      chunks.push_back(parsed->front());
    }
  }
  return chunks;
}

MediaTime gap_time(const RenditionState& state) {
  MediaTime sum{};
  for (const auto& segment : state.segments) {
    for (const Part& part : segment->parts) sum += part.gap ? part.duration : MediaTime{};
  }
  return sum;
}

// No hole and no overlap from one part to the next, and PDT on media time.
void check_timeline(const RenditionState& state) {
  for (std::size_t i = 0; i < state.segments.size(); ++i) {
    const Segment& segment = *state.segments[i];
    CHECK(segment.wall_start - kWallZero == segment.start);
    if (i > 0) CHECK(std::chrono::abs(segment.start - state.segments[i - 1]->end()) <= 2ns);
    CHECK(segment.duration() < 2500ms);
    for (const Part& part : segment.parts) CHECK(part.duration <= 342ms);
  }
}

}  // namespace

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

TEST_CASE("a picture that stalls leaves the sound going, its own playlist with gaps") {
  Bench bench;
  bench.configure();
  bench.run(0s, 4s);
  bench.run(4s, 12s, false, true);
  auto snapshot = bench.store->snapshot();
  // Patience is two seconds.
  CHECK(snapshot->renditions[1].edge() > 9500ms);
  CHECK(std::chrono::abs(snapshot->renditions[0].edge() - snapshot->renditions[1].edge()) < 700ms);
  CHECK(bench.packager.take_warnings().size() == 1);
  bench.run(12s, 16s);
  bench.end();
  snapshot = bench.store->snapshot();
  const auto& video = snapshot->renditions[0];
  const auto& audio = snapshot->renditions[1];
  check_timeline(video);
  check_timeline(audio);
  CHECK(gap_time(video) > 7900ms);
  CHECK(gap_time(video) < 8100ms);
  CHECK(gap_time(audio) == 0s);
  REQUIRE(video.segments.size() == audio.segments.size());
  for (std::size_t i = 0; i < video.segments.size(); ++i) {
    CHECK(std::chrono::abs(video.segments[i]->start - audio.segments[i]->start) < 22ms);
  }
}

TEST_CASE("sound that stalls leaves the picture going") {
  Bench bench;
  bench.configure();
  bench.run(0s, 4s);
  bench.run(4s, 12s, true, false);
  bench.run(12s, 14s);
  bench.end();
  const auto snapshot = bench.store->snapshot();
  check_timeline(snapshot->renditions[1]);
  CHECK(gap_time(snapshot->renditions[0]) == 0s);
  CHECK(gap_time(snapshot->renditions[1]) > 7900ms);
  CHECK(snapshot->renditions[0].segments.size() == snapshot->renditions[1].segments.size());
}

TEST_CASE("both stalled: the gap is filled when they come back") {
  Bench bench;
  bench.configure();
  bench.run(0s, 4s);
  bench.run(9s, 12s);
  bench.end();
  for (const auto& rendition : bench.store->snapshot()->renditions) {
    check_timeline(rendition);
    CHECK(gap_time(rendition) > 4900ms);
    CHECK(rendition.segments.size() == 6);
  }
}

TEST_CASE("a rendition that never says what it is is left out") {
  Bench bench;
  bench.configure_audio();
  bench.run(0s, 9s, false, true);
  const auto snapshot = bench.store->snapshot();
  REQUIRE(snapshot->renditions.size() == 1);
  CHECK(snapshot->renditions[0].info->name == "a0");
  bench.configure_video();
  bench.push_video(300, true);
  CHECK(bench.packager.take_warnings().size() == 1);
}

TEST_CASE("a rendition that ends before the others goes on with gaps") {
  Bench bench;
  bench.configure();
  bench.run(0s, 4s);
  REQUIRE(bench.packager.end(*bench.audio));
  bench.run(4s, 10s, true, false);
  REQUIRE(bench.packager.end(*bench.video));
  const auto snapshot = bench.store->snapshot();
  CHECK(snapshot->ended);
  CHECK(snapshot->renditions[0].edge() == 10s);
  CHECK(gap_time(snapshot->renditions[1]) > 5s);
  check_timeline(snapshot->renditions[1]);
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
  bench.packager.set_bit_rate(*bench.video, {2'000'000, 2'000'000});
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
  SECTION("other parameter sets") {
    auto record = kAvcRecord;
    record[3] = 0x28;
    record[11] = 0x28;
    CHECK(
        bench.packager
            .set_track(*bench.video, VideoTrack{*media::parse_avc_config(record), 1280, 720, 30, 1})
            .error()
            .code == ErrorCode::kUnsupported);
  }
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
