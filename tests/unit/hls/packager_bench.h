// A packager with a picture "v0" of 30 frames a second and a sound "a0", fed with synthetic access
// units; what comes out of its store is read back with a box reader.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "../media/boxes.h"
#include "../media/samples.h"
#include "hls/packager.h"

namespace spacecast::hls::test {

using spacecast::test::Chunk;
using namespace std::chrono_literals;

inline constexpr WallTime kWallZero{std::chrono::seconds(1'800'000'000)};

struct Bench {
  std::shared_ptr<Store> store;
  Packager packager{store};
  std::optional<std::size_t> video, audio;
  std::uint32_t audio_rate = 48000;

  explicit Bench(bool with_video = true, bool with_audio = true,
                 std::shared_ptr<Store> into = *Store::create({.window_segments = 1000}))
      : store(std::move(into)) {
    packager.set_wall_zero(kWallZero);
    if (with_audio) audio = packager.add_rendition(MediaKind::kAudio, "a0");
    if (with_video) video = packager.add_rendition(MediaKind::kVideo, "v0");
  }
  void configure_video(const ByteVector& record = spacecast::test::kAvcRecord) {
    REQUIRE(
        packager.set_track(*video, VideoTrack{*media::parse_avc_config(record), 1280, 720, 30, 1}));
  }
  void configure_audio(const ByteVector& record = spacecast::test::kAac48k) {
    const AudioTrack track{*media::parse_aac_config(record), 2};
    audio_rate = track.config.rate;
    REQUIRE(packager.set_track(*audio, track));
  }
  void configure() {
    if (video) configure_video();
    if (audio) configure_audio();
  }
  static MediaTime frame_time(int i) { return MediaTime(1'000'000'000LL * i / 30); }
  [[nodiscard]] MediaTime audio_time(int i) const {
    return media::to_media_time(1024LL * i, audio_rate);
  }
  void push_video(int i, bool idr) {
    REQUIRE(packager.push(*video, {frame_time(i), frame_time(i), spacecast::test::avc_frame(idr)}));
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

// The first bytes of a part are enough for its first picture where that is an IDR.
inline void check_i_frame(const RenditionState& state, const Part& part, const Chunk& chunk) {
  if (state.info->kind != MediaKind::kVideo || !chunk.samples.front().sync()) {
    CHECK(part.i_frame_size == 0);
    return;
  }
  const std::size_t before_samples = part.bytes->size() - chunk.mdat_size;
  CHECK(part.i_frame_size == before_samples + chunk.samples.front().size);
}

// Chunks of all parts that have bytes, checked one by one.
inline std::vector<Chunk> chunks_of(const RenditionState& state) {
  std::vector<Chunk> chunks;
  for (const auto& segment : state.segments) {
    for (const Part& part : segment->parts) {
      CHECK(part.gap == !part.bytes);
      if (part.gap) continue;
      auto parsed = spacecast::test::parse_chunks(*part.bytes);
      REQUIRE(parsed);
      REQUIRE(parsed->size() == 1);
      bool sync = false;
      for (const auto& sample : parsed->front().samples) sync = sync || sample.sync();
      CHECK(part.independent == sync);
      check_i_frame(state, part, parsed->front());
      chunks.push_back(parsed->front());
    }
  }
  return chunks;
}

inline MediaTime gap_time(const RenditionState& state) {
  MediaTime sum{};
  for (const auto& segment : state.segments) {
    for (const Part& part : segment->parts) sum += part.gap ? part.duration : MediaTime{};
  }
  return sum;
}

// No hole and no overlap from one segment to the next, and PDT on media time.
inline void check_timeline(const RenditionState& state, MediaTime tolerance = 2ns) {
  for (std::size_t i = 0; i < state.segments.size(); ++i) {
    const Segment& segment = *state.segments[i];
    CHECK(segment.wall_start - kWallZero == segment.start);
    if (i > 0) CHECK(std::chrono::abs(segment.start - state.segments[i - 1]->end()) <= tolerance);
    CHECK(segment.duration() < 2500ms);
    for (const Part& part : segment.parts) CHECK(part.duration <= 342ms);
  }
}

// Segments of one number start at one time, to an AAC frame, and are of one discontinuity sequence
// (§6.2.4).
inline void check_agreement(const Snapshot& snapshot) {
  const auto& first = snapshot.renditions.front().segments;
  for (const RenditionState& state : snapshot.renditions) {
    REQUIRE(state.segments.size() == first.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
      CHECK(state.segments[i]->msn == first[i]->msn);
      CHECK(state.segments[i]->discontinuity == first[i]->discontinuity);
      CHECK(state.segments[i]->discontinuity_sequence == first[i]->discontinuity_sequence);
      CHECK(std::chrono::abs(state.segments[i]->start - first[i]->start) < 24ms);
    }
  }
}

inline int discontinuities(const RenditionState& state) {
  return static_cast<int>(
      std::ranges::count_if(state.segments, [](const auto& s) { return s->discontinuity; }));
}

}  // namespace spacecast::hls::test
