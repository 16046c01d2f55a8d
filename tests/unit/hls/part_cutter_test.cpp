// Goal: parts and segments keep the rules on durations (RFC 8216bis §4.4.3.1, §4.4.4.9) at every
// usual rate, and the timeline has neither holes nor jumps, whatever frames do. Method: frames go
// in as timestamps; what comes out is checked part by part, and small cases as text.
#include "hls/part_cutter.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "hls/frame_timeline.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace std::chrono_literals;
using media::Ticks;

namespace {

constexpr MediaTime kTarget = 342ms;

struct Track {
  PartCutter::Config config;
  FrameTimeline timeline;
  PartCutter cutter;
  std::vector<Step> steps;

  Track(PartCutter::Config settings, SegmentClock& clock)
      : config(settings),
        timeline(config.timescale, config.frame,
                 config.every_frame_independent ? FrameTimeline::Kind::kCounted
                                                : FrameTimeline::Kind::kJittery),
        cutter(config, clock) {}

  void push(MediaTime time, bool independent, bool lead) {
    if (const auto at = timeline.place(time)) (void)cutter.frame(*at, independent, lead, steps);
  }
  [[nodiscard]] MediaTime time(Ticks ticks) const {
    return media::to_media_time(ticks, config.timescale);
  }
};

Track video(SegmentClock& clock, Ticks frame) {
  return {{90000, frame, kTarget, false}, clock};
}
Track audio(SegmentClock& clock, std::uint32_t rate) {
  return {{rate, 1024, kTarget, true}, clock};
}

// "FFF P3! FF P2|": frames, parts with their number of frames, '!' independent, '|' ends a segment;
// gaps in milliseconds.
std::string text(const Track& track) {
  std::string out;
  int frames = 0;
  for (const Step& step : track.steps) {
    if (step.kind == Step::Kind::kFrame) {
      ++frames;
      continue;
    }
    if (!out.empty()) out += ' ';
    if (step.kind == Step::Kind::kPart) {
      out += std::to_string(frames);
      if (step.independent) out += '!';
    } else {
      out += "gap" + std::to_string((step.duration * 1000 + track.config.timescale / 2) /
                                    track.config.timescale);
    }
    if (step.last_of_segment) out += '|';
    frames = 0;
  }
  return out;
}

struct Segments {
  std::vector<Ticks> starts;
  std::size_t parts = 0, gaps = 0, short_parts = 0;
};

// Checks every rule that holds for one rendition by itself.
Segments check(const Track& track) {
  Segments seen;
  std::optional<Ticks> next_frame, next_part;
  Ticks segment_start = 0;
  bool new_segment = true;
  for (std::size_t i = 0; i < track.steps.size(); ++i) {
    const Step& step = track.steps[i];
    if (step.kind == Step::Kind::kFrame) {
      if (next_frame) CHECK(step.start == *next_frame);
      CHECK(step.duration > 0);
      next_frame = step.start + step.duration;
      continue;
    }
    if (next_part) CHECK(step.start == *next_part);
    next_part = step.start + step.duration;
    if (step.kind == Step::Kind::kGap) next_frame = next_part;
    CHECK(*next_frame == *next_part);
    if (new_segment) seen.starts.push_back(segment_start = step.start);
    new_segment = step.last_of_segment;
    const MediaTime duration = track.time(*next_part) - track.time(step.start);
    CHECK(duration <= kTarget);
    const bool before_gap =
        i + 1 < track.steps.size() && track.steps[i + 1].kind == Step::Kind::kGap;
    if (step.kind == Step::Kind::kPart && !step.independent && !step.last_of_segment &&
        !before_gap && 100 * duration < 85 * kTarget) {
      ++seen.short_parts;
    }
    ++(step.kind == Step::Kind::kGap ? seen.gaps : seen.parts);
    if (step.last_of_segment) {
      CHECK(track.time(*next_part) - track.time(segment_start) < 2500ms);
    }
  }
  return seen;
}

// Pushes `seconds` of both in order of time, IDR every `gop` frames.
void run(Track& video, Track* audio, int frames, int gop, MediaTime (*frame_time)(int, double),
         double rate) {
  int audio_frame = 0;
  for (int i = 0; i < frames; ++i) {
    const MediaTime time = frame_time(i, rate);
    while (audio) {
      const MediaTime audio_time =
          media::to_media_time(1024LL * audio_frame, audio->config.timescale);
      if (audio_time >= time) break;
      audio->push(audio_time, true, false);
      ++audio_frame;
    }
    video.push(time, i % gop == 0, true);
  }
  video.cutter.end(video.steps);
  if (audio) audio->cutter.end(audio->steps);
}

MediaTime regular(int i, double rate) {
  return MediaTime(static_cast<std::int64_t>(1e9 * i / rate));
}

}  // namespace

TEST_CASE("30 frames a second, an IDR a second: six parts of ten, two of them independent") {
  SegmentClock clock(2s);
  auto track = video(clock, 3000);
  run(track, nullptr, 150, 30, regular, 30);
  CHECK(text(track) == "10! 10 10 10! 10 10| 10! 10 10 10! 10 10| 10! 10 10|");
}

TEST_CASE("25 frames a second: an IDR that parts cannot fall on is in the middle of one") {
  SegmentClock clock(2s);
  auto track = video(clock, 3600);
  run(track, nullptr, 100, 25, regular, 25);
  CHECK(text(track) == "8! 8 8 8! 8 8 2| 8! 8 8 8! 8 8 2|");
}

TEST_CASE("50 frames a second: the part before an IDR is shorter, but long enough") {
  SegmentClock clock(2s);
  auto track = video(clock, 1800);
  run(track, nullptr, 100, 50, regular, 50);
  CHECK(text(track) == "17! 17 16 17! 17 16|");
}

TEST_CASE("AAC at 48 kHz: sixteen frames a part, and what is left at the end of a segment") {
  SegmentClock clock(2s);
  auto leader = video(clock, 3000);
  auto track = audio(clock, 48000);
  run(leader, &track, 120, 30, regular, 30);
  CHECK(text(track) == "16! 16! 16! 16! 16! 14!| 16! 16! 16! 16! 16! 12!|");
}

TEST_CASE("all usual rates keep every rule for minutes, and renditions stay in step") {
  const auto [rate, frame, gop] = GENERATE(table<double, Ticks, int>({
      {24, 3750, 24},
      {24000.0 / 1001, 3754, 48},
      {25, 3600, 25},
      {25, 3600, 50},
      {30, 3000, 30},
      {30000.0 / 1001, 3003, 60},
      {50, 1800, 50},
      {60, 1500, 60},
      {60, 1500, 120},
  }));
  const std::uint32_t audio_rate = GENERATE(48000U, 44100U, 32000U);
  CAPTURE(rate, gop, audio_rate);
  SegmentClock clock(2s);
  auto pictures = video(clock, frame);
  auto sound = audio(clock, audio_rate);
  run(pictures, &sound, static_cast<int>(rate * 300), gop, regular, rate);
  const Segments of_video = check(pictures);
  const Segments of_audio = check(sound);
  CHECK(of_video.short_parts == 0);
  CHECK(of_audio.short_parts == 0);
  CHECK(of_video.gaps == 0);
  CHECK(of_audio.gaps == 0);
  CHECK(pictures.cutter.counts().dependent_segments == 0);
  REQUIRE(of_video.starts.size() == of_audio.starts.size());
  const MediaTime audio_frame = media::to_media_time(1024, audio_rate);
  for (std::size_t i = 0; i < of_video.starts.size(); ++i) {
    const MediaTime apart = sound.time(of_audio.starts[i]) - pictures.time(of_video.starts[i]);
    CHECK(apart >= 0ns);
    CHECK(apart < audio_frame + 1us);
  }
}

TEST_CASE("jitter of half a frame from peak to peak makes neither short parts nor holes") {
  SegmentClock clock(2s);
  auto track = video(clock, 3000);
  std::minstd_rand random(7);
  std::uniform_int_distribution<std::int64_t> jitter(-8'000'000, 8'000'000);
  for (int i = 0; i < 9000; ++i) {
    track.push(1s + regular(i, 30) + MediaTime(jitter(random)), i % 30 == 0, true);
  }
  track.cutter.end(track.steps);
  const Segments seen = check(track);
  CHECK(seen.short_parts == 0);
  CHECK(seen.gaps == 0);
  CHECK(track.cutter.counts().dependent_segments == 0);
}

TEST_CASE("a source whose clock drifts is followed") {
  SegmentClock clock(2s);
  auto track = video(clock, 3000);
  // 100 ppm fast: 0.3 s in 50 minutes.
  for (int i = 0; i < 90000; ++i) track.push(regular(i, 30.003), i % 30 == 0, true);
  const Segments seen = check(track);
  CHECK(seen.gaps == 0);
  CHECK(seen.short_parts == 0);
  const Step& last = track.steps.back();
  const MediaTime off = track.time(last.start + last.duration) - regular(89999, 30.003);
  CHECK(std::chrono::abs(off) < 40ms);
}

TEST_CASE("a hole is filled with gap parts on the same grid, up to the next IDR") {
  SegmentClock clock(2s);
  auto track = video(clock, 3000);
  for (int i = 0; i < 180; ++i) {
    // Nothing from 1 s + 5 frames to 3 s + 5 frames.
    if (i >= 35 && i < 95) continue;
    track.push(regular(i, 30), i % 30 == 0, true);
  }
  track.cutter.end(track.steps);
  CHECK(text(track) ==
        "10! 10 10 5! gap342 gap342 gap149| gap342 gap342 gap342 gap141 gap342 gap342 gap149| "
        "10! 10 10 10! 10 10|");
  CHECK(check(track).short_parts == 0);
  CHECK(track.cutter.counts().gaps == 1);
}

TEST_CASE("a hole of less than a part is a longer frame") {
  SegmentClock clock(2s);
  auto track = video(clock, 3000);
  for (int i = 0; i < 120; ++i) {
    if (i >= 12 && i < 17) continue;
    track.push(regular(i, 30), i % 30 == 0, true);
  }
  track.cutter.end(track.steps);
  check(track);
  CHECK(track.cutter.counts().gaps == 0);
}

TEST_CASE("while nothing comes, advance() goes on; late frames then wait for the next IDR") {
  SegmentClock clock(2s);
  auto track = video(clock, 3000);
  for (int i = 0; i < 20; ++i) track.push(regular(i, 30), i == 0, true);
  for (MediaTime now = 700ms; now < 3s; now += 20ms) track.cutter.advance(now, true, track.steps);
  CHECK(text(track) == "10! 10 gap342 gap342 gap342 gap307| gap342 gap342");
  // Frames from 1 s on: up to 2.684 s is given up, and no IDR comes before 4 s.
  for (int i = 30; i < 180; ++i) track.push(regular(i, 30), i % 60 == 0, true);
  track.cutter.end(track.steps);
  CHECK(text(track) ==
        "10! 10 gap342 gap342 gap342 gap307| gap342 gap342 gap342 gap342 gap342 gap290| "
        "10! 10 10 10 10 10|");
  CHECK(track.cutter.counts().late == 90);
  check(track);
}

TEST_CASE("without IDRs a segment ends before its EXTINF would round above the target duration") {
  SegmentClock clock(2s);
  auto track = video(clock, 3000);
  for (int i = 0; i < 900; ++i) track.push(regular(i, 30), i == 0, true);
  track.cutter.end(track.steps);
  const Segments seen = check(track);
  CHECK(seen.starts.size() == 13);
  CHECK(track.cutter.counts().dependent_segments == 12);
}

TEST_CASE("what comes before the first IDR has no place in the presentation") {
  SegmentClock clock(2s);
  auto pictures = video(clock, 3000);
  auto sound = audio(clock, 48000);
  for (int i = 0; i < 24; ++i) sound.push(media::to_media_time(1024 * i, 48000), true, false);
  for (int i = 0; i < 10; ++i) pictures.push(regular(i, 30), false, true);
  CHECK(pictures.steps.empty());
  CHECK(sound.steps.empty());
  CHECK(pictures.cutter.counts().before_start == 10);
  CHECK(sound.cutter.counts().before_start == 24);
  pictures.push(regular(15, 30), true, true);
  for (int i = 24; i < 60; ++i) sound.push(media::to_media_time(1024 * i, 48000), true, false);
  REQUIRE_FALSE(sound.steps.empty());
  CHECK(sound.steps.front().start == 24 * 1024);
}

TEST_CASE("a rendition that starts late starts with a gap, in step with the others") {
  SegmentClock clock(2s);
  auto pictures = video(clock, 3000);
  auto sound = audio(clock, 48000);
  for (int i = 0; i < 150; ++i) pictures.push(regular(i, 30), i % 30 == 0, true);
  sound.push(2500ms, true, false);
  sound.push(2521ms, true, false);
  sound.cutter.end(sound.steps);
  CHECK(text(sound) == "gap342 gap342 gap342 gap342 gap342 gap290| gap342 gap158 2!|");
}

TEST_CASE("frames that go backwards have no place; frames that come in a burst keep theirs") {
  FrameTimeline timeline(90000, 3000, FrameTimeline::Kind::kJittery);
  CHECK(timeline.place(1s) == 90000);
  CHECK(timeline.place(1s + 33333333ns) == 93000);
  CHECK_FALSE(timeline.place(1s + 33333333ns));
  CHECK_FALSE(timeline.place(900ms));
  CHECK(timeline.place(1200ms) == 108000);
  auto last = *timeline.place(1201ms);
  for (int i = 2; i < 6; ++i) {
    const auto next = timeline.place(1200ms + i * 1ms);
    REQUIRE(next);
    CHECK(*next > last);
    last = *next;
  }
}

TEST_CASE("AAC frames are counted: only a whole frame too few or too many shows") {
  FrameTimeline timeline(48000, 1024, FrameTimeline::Kind::kCounted);
  CHECK(timeline.place(0s) == 0);
  CHECK(timeline.place(31ms) == 1024);
  CHECK(timeline.place(35ms) == 2048);
  CHECK_FALSE(timeline.place(40ms));
  CHECK(timeline.place(64ms) == 3072);
  CHECK(timeline.place(110ms) == 5280);
}
