// Goal: an encoder that changes in mid-stream goes on behind a discontinuity, in all renditions at
// once, and a store with a history is gone on with (RFC 8216bis §4.4.3.3, §6.2.4).
// Method: synthetic access units; the parts' bytes are read back with a box reader.
#include <catch2/catch.hpp>

#include "packager_bench.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace spacecast::test;
using namespace std::chrono_literals;

namespace {

// High profile instead of baseline.
ByteVector other_avc() {
  ByteVector record = kAvcRecord;
  record[1] = record[9] = 0x64;
  record[2] = record[10] = 0;
  return record;
}
const ByteVector kAacMono = {0x11, 0x88};

unsigned init_of(const RenditionState& state, std::size_t segment) {
  return state.segments[segment]->init->number;
}

}  // namespace

TEST_CASE("another video encoder begins with a segment, in all renditions") {
  Bench bench;
  bench.configure();
  bench.run(0s, 5s);
  bench.configure_video(other_avc());
  bench.run(5s, 10s);
  bench.end();
  const auto snapshot = bench.store->snapshot();
  REQUIRE(snapshot->renditions.size() == 2);
  check_agreement(*snapshot);
  const auto& video = snapshot->renditions[0];
  const auto& audio = snapshot->renditions[1];
  check_timeline(video);
  check_timeline(audio);
  // 0, 2, 4, the change at 5, 6, 8.
  REQUIRE(video.segments.size() == 6);
  CHECK(video.segments[3]->start == 5s);
  CHECK(video.segments[3]->discontinuity);
  CHECK(discontinuities(video) == 1);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(init_of(video, i) == (i < 3 ? 1 : 2));
    CHECK(init_of(audio, i) == 1);
    CHECK(video.segments[i]->discontinuity_sequence == (i < 3 ? 0 : 1));
  }
  CHECK(*video.segments[3]->init->bytes != *video.segments[2]->init->bytes);
  // No frame is lost or in a chunk of its own; sound goes on to the tick.
  std::size_t samples = 0;
  for (const Chunk& chunk : chunks_of(video)) samples += chunk.samples.size();
  CHECK(samples == 300);
  std::uint64_t next = 0;
  for (const Chunk& chunk : chunks_of(audio)) {
    CHECK(chunk.tfdt == next);
    next += chunk.duration();
  }
  CHECK(gap_time(video) == 0s);
  CHECK(gap_time(audio) == 0s);
  // The multivariant playlist stays as it was.
  CHECK(video.info->codecs == "avc1.42c01f");
  CHECK(bench.packager.take_warnings().size() == 1);
}

TEST_CASE("the frames that wait are the old encoder's") {
  Bench bench;
  bench.configure();
  bench.run(0s, 4s);
  // The picture is ahead, its change too.
  bench.run(4s, 5s, true, false);
  bench.configure_video(other_avc());
  bench.run(5s, 5500ms, true, false);
  bench.run(4s, 5500ms, false, true);
  bench.run(5500ms, 9s);
  bench.end();
  const auto snapshot = bench.store->snapshot();
  check_agreement(*snapshot);
  REQUIRE(snapshot->renditions[0].segments.size() == 6);
  CHECK(snapshot->renditions[0].segments[3]->start == 5s);
  CHECK(gap_time(snapshot->renditions[0]) == 0s);
}

TEST_CASE("another size alone is a change, the same codec data is none") {
  Bench bench(true, false);
  bench.configure();
  bench.run(0s, 3s, true, false);
  bench.configure();
  REQUIRE(bench.packager.set_track(
      *bench.video, VideoTrack{*media::parse_avc_config(kAvcRecord), 640, 360, 30, 1}));
  bench.run(3s, 6s, true, false);
  bench.end();
  const auto& video = bench.store->snapshot()->renditions[0];
  CHECK(discontinuities(video) == 1);
  CHECK(video.info->width == 1280);
}

TEST_CASE("another sound encoder begins with the next IDR, which is asked for") {
  Bench bench;
  const ByteVector record = GENERATE(kAacMono, kAac44k);
  bench.configure();
  bench.run(0s, 4500ms);
  CHECK_FALSE(bench.packager.needs_key_frame(*bench.video));
  bench.configure_audio(record);
  bench.run(4500ms, 4900ms);
  CHECK(bench.packager.needs_key_frame(*bench.video));
  bench.run(4900ms, 10s);
  CHECK_FALSE(bench.packager.needs_key_frame(*bench.video));
  bench.end();
  const auto snapshot = bench.store->snapshot();
  REQUIRE(snapshot->renditions.size() == 2);
  const auto& video = snapshot->renditions[0];
  const auto& audio = snapshot->renditions[1];
  check_agreement(*snapshot);
  check_timeline(video);
  check_timeline(audio, 30us);
  REQUIRE(video.segments.size() == 6);
  CHECK(video.segments[3]->start == 5s);
  CHECK(discontinuities(video) == 1);
  CHECK(init_of(audio, 2) == 1);
  CHECK(init_of(audio, 3) == 2);
  CHECK(init_of(video, 3) == 1);
  CHECK(gap_time(video) == 0s);
  CHECK(gap_time(audio) > 450ms);
  CHECK(gap_time(audio) < 530ms);
  CHECK_FALSE(audio.segments[3]->gap());
  chunks_of(audio);
}

TEST_CASE("sound alone changes at once") {
  Bench bench(false, true);
  bench.configure();
  bench.run(0s, 4500ms, false, true);
  bench.configure_audio(kAacMono);
  bench.run(4500ms, 8s, false, true);
  bench.end();
  const auto& audio = bench.store->snapshot()->renditions[0];
  CHECK(discontinuities(audio) == 1);
  CHECK(gap_time(audio) == 0s);
  check_timeline(audio);
}

TEST_CASE("both changing at once make one discontinuity") {
  Bench bench;
  bench.configure();
  bench.run(0s, 4s);
  SECTION("sound first") {
    bench.run(4s, 4900ms);
    bench.configure_audio(kAacMono);
    bench.run(4900ms, 5s);
    bench.configure_video(other_avc());
    bench.run(5s, 9s);
  }
  SECTION("the picture first") {
    bench.run(4s, 4600ms);
    bench.run(4600ms, 5100ms, false, true);
    bench.configure_audio(kAacMono);
    bench.run(5100ms, 5500ms, false, true);
    bench.run(4600ms, 5s, true, false);
    bench.configure_video(other_avc());
    bench.run(5s, 5500ms, true, false);
    bench.run(5500ms, 9s);
  }
  bench.end();
  const auto snapshot = bench.store->snapshot();
  for (const auto& rendition : snapshot->renditions) {
    REQUIRE(rendition.segments.size() == 6);
    CHECK(discontinuities(rendition) == 1);
    CHECK(rendition.segments[3]->discontinuity);
    CHECK(init_of(rendition, 2) == 1);
    CHECK(init_of(rendition, 3) == 2);
    CHECK(gap_time(rendition) < 150ms);
  }
}

TEST_CASE("an encoder that changes over and over changes nothing for the others but segments") {
  Bench bench;
  bench.configure();
  for (int second = 0; second < 20; ++second) {
    if (second % 2 == 0) bench.configure_video(second % 4 == 0 ? kAvcRecord : other_avc());
    if (second % 5 == 0) bench.configure_audio(second % 10 == 0 ? kAac48k : kAac44k);
    bench.run(second * 1s, second * 1s + 1s);
  }
  bench.end();
  const auto snapshot = bench.store->snapshot();
  check_agreement(*snapshot);
  const auto& video = snapshot->renditions[0];
  check_timeline(video);
  check_timeline(snapshot->renditions[1], 30us);
  CHECK(gap_time(video) == 0s);
  CHECK(video.edge() > 19900ms);
}

TEST_CASE("a change while the picture stalls, and before the presentation starts") {
  Bench bench;
  bench.configure();
  bench.configure_video(other_avc());
  bench.run(0s, 5s);
  bench.run(5s, 9s, false, true);
  bench.configure_video(kAvcRecord);
  bench.configure_audio(kAacMono);
  bench.run(9s, 14s);
  bench.end();
  const auto snapshot = bench.store->snapshot();
  check_agreement(*snapshot);
  const auto& video = snapshot->renditions[0];
  CHECK(video.info->codecs == "avc1.64001f");
  check_timeline(video);
  check_timeline(snapshot->renditions[1]);
  CHECK(discontinuities(video) <= 2);
  CHECK(init_of(video, video.segments.size() - 1) == 2);
  CHECK(init_of(snapshot->renditions[1], video.segments.size() - 1) == 2);
  CHECK_FALSE(video.segments.back()->gap());
  CHECK_FALSE(snapshot->renditions[1].segments.back()->gap());
}

namespace {

// What a run of six seconds leaves behind.
History history_of_a_run() {
  Bench bench;
  bench.configure();
  bench.run(0s, 6s);
  bench.end();
  return {.renditions = bench.store->snapshot()->renditions};
}

}  // namespace

TEST_CASE("after a restart the first parts are published at once") {
  Bench bench(true, true, *Store::create({}, history_of_a_run()));
  bench.configure();
  bench.packager.set_bit_rate(*bench.video, 9'000'000);
  bench.run(0s, 800ms);
  auto snapshot = bench.store->snapshot();
  REQUIRE(snapshot->renditions.size() == 2);
  for (const auto& rendition : snapshot->renditions) {
    REQUIRE(rendition.segments.size() == 4);
    CHECK(rendition.segments[3]->parts.size() >= 2);
    CHECK(rendition.segments[3]->msn == 3);
    CHECK(rendition.segments[3]->discontinuity);
    CHECK(init_of(rendition, 3) == 2);
    CHECK(rendition.info->bandwidth < 9'000'000);
  }
  bench.run(800ms, 6s);
  bench.end();
  snapshot = bench.store->snapshot();
  check_agreement(*snapshot);
  for (const auto& rendition : snapshot->renditions) {
    CHECK(rendition.segments.size() == 6);
    CHECK(discontinuities(rendition) == 1);
  }
}

TEST_CASE("after a restart other encoders than before are a clear error") {
  Bench bench(true, true, *Store::create({}, history_of_a_run()));
  const auto last_error = [&](MediaTime until) {
    for (int i = 0;; ++i) {
      const MediaTime time = bench.audio_time(i);
      if (time > until) return Error{};
      if (const auto pushed = bench.packager.push(*bench.audio, {time, time, {1, 2}}); !pushed) {
        return pushed.error();
      }
    }
  };
  bench.configure_audio();
  SECTION("of another size") {
    REQUIRE(bench.packager.set_track(
        *bench.video, VideoTrack{*media::parse_avc_config(kAvcRecord), 640, 360, 30, 1}));
    for (int i = 0; i < 30; ++i) bench.push_video(i, i == 0);
    const Error error = last_error(2s);
    CHECK(error.code == ErrorCode::kConflict);
    CHECK(error.message.starts_with("v0: "));
  }
  SECTION("one that brings nothing") {
    const Error error = last_error(8s);
    CHECK(error.code == ErrorCode::kConflict);
    CHECK(error.message.find("2 renditions, and only 1") != std::string::npos);
  }
}
