// Goal: an encoder that stalls, alone or with all others, keeps no playlist from going on, in step
// with the others and with the clock; what comes back has its right place (RFC 8216bis §6.2.1).
// Method: synthetic access units and clock times.
#include <catch2/catch.hpp>

#include "packager_bench.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace std::chrono_literals;

namespace {

// The clock goes from `from` to `to`, and nothing comes.
void tick(Bench& bench, MediaTime from, MediaTime to) {
  for (MediaTime now = from; now <= to; now += 170ms) REQUIRE(bench.packager.advance(now));
}

// Everything comes 100 ms after its time, and the clock ticks.
void run_live(Bench& bench, MediaTime from, MediaTime to) {
  for (MediaTime now = from; now < to; now += 100ms) {
    bench.run(now, now + 100ms);
    REQUIRE(bench.packager.advance(now + 200ms));
  }
}

}  // namespace

TEST_CASE("a picture that stalls leaves the sound going, its own playlist with gaps") {
  Bench bench;
  bench.configure();
  bench.run(0s, 4s);
  bench.run(4s, 12s, false, true);
  auto snapshot = bench.store->snapshot();
  CHECK(snapshot->renditions[1].edge() > 12s - Packager::kPatience - 400ms);
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

TEST_CASE("a picture that always comes late is waited for") {
  Bench bench;
  bench.configure();
  const MediaTime late = GENERATE(1200ms, 2500ms);
  bench.run(0s, late, false, true);
  for (MediaTime now = 0s; now < 10s; now += 100ms) {
    bench.run(now, now + 100ms, true, false);
    bench.run(late + now, late + now + 100ms, false, true);
  }
  bench.run(10s, 10s + late, true, false);
  bench.end();
  const auto snapshot = bench.store->snapshot();
  REQUIRE(snapshot->renditions.size() == 2);
  CHECK(gap_time(snapshot->renditions[0]) == 0s);
  CHECK(snapshot->renditions[0].edge() > 10s);
}

TEST_CASE("a source that can wait loses nothing, however far behind it is") {
  Bench bench;
  bench.configure();
  bench.packager.set_live(*bench.video, false);
  bench.packager.set_live(*bench.audio, false);
  int audio = 0;
  for (; !bench.packager.is_full(*bench.audio); ++audio) bench.push_audio(audio);
  CHECK(bench.audio_time(audio) > 3s);
  CHECK(bench.audio_time(audio) < 3100ms);
  bench.run(0s, 12s, true, false);
  CHECK_FALSE(bench.packager.is_full(*bench.audio));
  bench.run(bench.audio_time(audio), 12s, false, true);
  tick(bench, 12s, 30s);
  bench.end();
  const auto snapshot = bench.store->snapshot();
  check_agreement(*snapshot);
  for (const auto& rendition : snapshot->renditions) {
    CHECK(gap_time(rendition) == 0s);
    CHECK(rendition.edge() > 11900ms);
  }
}

TEST_CASE("where nothing comes from anybody, all go on at the clock's pace") {
  Bench bench;
  bench.configure();
  run_live(bench, 0s, 5s);
  const auto edges = [&] {
    const auto snapshot = bench.store->snapshot();
    return std::pair(snapshot->renditions[0].edge(), snapshot->renditions[1].edge());
  };
  const auto before = edges();
  tick(bench, 5200ms, 5s + Packager::kPatience);
  CHECK(edges().first - before.first < 50ms);
  std::uint64_t version = bench.store->snapshot()->version;
  for (MediaTime now = 7s; now < 25s; now += 342ms) {
    tick(bench, now, now + 341ms);
    const auto [video, audio] = edges();
    // A part of each in the time of one, and none of the future.
    CHECK(bench.store->snapshot()->version - version >= 2);
    version = bench.store->snapshot()->version;
    CHECK(video > now - Packager::kPatience - 600ms);
    CHECK(video < now - Packager::kPatience + 342ms);
    CHECK(std::chrono::abs(video - audio) < 342ms);
  }
  CHECK(bench.packager.needs_key_frame(*bench.video));
  // What is left of the stall is late, and the IDR of 27 s is the first that counts.
  bench.run(22s, 26s + 500ms);
  run_live(bench, 26s + 500ms, 32s);
  CHECK_FALSE(bench.packager.needs_key_frame(*bench.video));
  bench.end();
  const auto snapshot = bench.store->snapshot();
  check_agreement(*snapshot);
  for (const auto& rendition : snapshot->renditions) {
    check_timeline(rendition);
    CHECK(rendition.edge() > 31900ms);
    CHECK(discontinuities(rendition) == 0);
    CHECK(gap_time(rendition) > 18s);
    CHECK(gap_time(rendition) < 22s);
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const auto timescale = i == 0 ? 90000.0 : 48000.0;
    std::size_t chunk = 0;
    const auto chunks = chunks_of(snapshot->renditions[i]);
    for (const auto& segment : snapshot->renditions[i].segments) {
      MediaTime at = segment->start;
      for (const Part& part : segment->parts) {
        if (!part.gap) {
          const double time = static_cast<double>(chunks[chunk++].tfdt) / timescale;
          CHECK(time == Approx(std::chrono::duration<double>(at).count()).margin(0.0001));
        }
        at += part.duration;
      }
    }
  }
}

TEST_CASE("a stall of hours ends in order") {
  Bench bench(true, true, *Store::create({}));
  bench.configure();
  run_live(bench, 0s, 5s);
  tick(bench, 5200ms, 7h);
  run_live(bench, 7h, 7h + 30s);
  bench.end();
  const auto snapshot = bench.store->snapshot();
  CHECK(snapshot->ended);
  check_agreement(*snapshot);
  for (const auto& rendition : snapshot->renditions) {
    check_timeline(rendition);
    CHECK(rendition.edge() > 7h + 29900ms);
  }
}

TEST_CASE("the clock alone does nothing") {
  Bench bench;
  SECTION("before the presentation is announced") {
    bench.configure();
    tick(bench, 0s, 10s);
    bench.run(10s, 11s);
    tick(bench, 11s, 20s);
    CHECK(bench.store->snapshot()->renditions.empty());
  }
  SECTION("while something comes") {
    bench.configure();
    run_live(bench, 0s, 5s);
    for (MediaTime now = 5s; now < 8s; now += 100ms) {
      bench.run(now, now + 100ms, false, true);
      REQUIRE(bench.packager.advance(now + 200ms));
    }
    const auto& audio = bench.store->snapshot()->renditions[1];
    CHECK(gap_time(audio) == 0s);
    CHECK(gap_time(bench.store->snapshot()->renditions[0]) > 1s);
  }
  SECTION("for a rendition that has ended") {
    bench.configure();
    run_live(bench, 0s, 5s);
    REQUIRE(bench.packager.end(*bench.video));
    for (MediaTime now = 5s; now < 9s; now += 100ms) {
      bench.run(now, now + 100ms, false, true);
      REQUIRE(bench.packager.advance(now + 200ms));
    }
    CHECK(gap_time(bench.store->snapshot()->renditions[1]) == 0s);
  }
  SECTION("after the end") {
    bench.configure();
    run_live(bench, 0s, 5s);
    bench.end();
    const auto before = bench.store->snapshot();
    tick(bench, 5s, 20s);
    CHECK(bench.store->snapshot() == before);
  }
}
