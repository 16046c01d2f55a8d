// Goal: a clip is bounded and well formed, and a loop over it never steps back, never leaves a gap
// and keeps two clips of different length in step. Method: tables of frames made by hand; no
// GStreamer.
#include "pipelines/clip.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <utility>
#include <vector>

using namespace spacecast;
using namespace std::chrono_literals;

namespace {

// `count` frames of `duration` from `first` on, every `key_every`-th one a key frame.
std::vector<ClipFrame> frames(std::size_t count, MediaTime duration, std::size_t key_every,
                              MediaTime first = {}) {
  std::vector<ClipFrame> made;
  for (std::size_t i = 0; i < count; ++i) {
    made.push_back(
        {ByteVector(10), first + duration * static_cast<int>(i), duration, i % key_every == 0});
  }
  return made;
}

std::shared_ptr<const Clip> clip(std::vector<ClipFrame> made) {
  auto created = Clip::create(std::move(made));
  REQUIRE(created.has_value());
  return *created;
}

std::vector<MediaTime> first_timestamps(ClipLoop loop, int count) {
  std::vector<MediaTime> timestamps;
  for (int i = 0; i < count; ++i) timestamps.push_back(loop.next().pts);
  return timestamps;
}

}  // namespace

TEST_CASE("a clip counts its timestamps from its first key frame") {
  auto made = frames(10, 20ms, 5, 3s);
  made[0].key = false;
  const auto created = clip(std::move(made));
  CHECK(created->frames().size() == 5);
  CHECK(created->frames().front().pts == 0ms);
  CHECK(created->frames().front().key);
  CHECK(created->length() == 100ms);
}

TEST_CASE("the key interval counts the way to the loop's next beginning") {
  CHECK(clip(frames(90, 10ms, 30))->key_interval() == 300ms);
  CHECK(clip(frames(90, 10ms, 80))->key_interval() == 800ms);
  CHECK(clip(frames(90, 10ms, 90))->key_interval() == 900ms);
}

TEST_CASE("what is no clip is refused") {
  CHECK(Clip::create({}).error().code == ErrorCode::kInvalidArgument);

  auto without_key = frames(3, 20ms, 1);
  for (auto& frame : without_key) frame.key = false;
  CHECK(Clip::create(without_key).error().code == ErrorCode::kInvalidArgument);

  auto backwards = frames(3, 20ms, 1);
  backwards[2].pts = backwards[1].pts;
  CHECK(Clip::create(backwards).error().code == ErrorCode::kInvalidArgument);

  auto timeless = frames(3, 20ms, 1);
  timeless[1].duration = {};
  CHECK(Clip::create(timeless).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("a clip is bounded in time and bytes") {
  CHECK(Clip::create(frames(600, 1s, 1)).has_value());
  CHECK(Clip::create(frames(601, 1s, 1)).error().code == ErrorCode::kLimit);

  auto heavy = frames(3, 1s, 1);
  heavy[0].bytes.resize(Clip::kBytesMax - 20);
  CHECK(Clip::create(heavy).has_value());
  heavy[1].bytes.resize(11);
  CHECK(Clip::create(heavy).error().code == ErrorCode::kLimit);
}

TEST_CASE("timestamps go on over the seam without a gap") {
  ClipLoop loop(clip(frames(5, 20ms, 5)), 100ms);
  for (int i = 0; i < 1000; ++i) {
    const auto item = loop.next();
    REQUIRE(item.pts == i * 20ms);
    REQUIRE(item.frame->pts == (i % 5) * 20ms);
  }
}

TEST_CASE("a period longer than the clip repeats it and cuts the last repetition") {
  CHECK(first_timestamps(ClipLoop(clip(frames(3, 20ms, 3)), 100ms), 8) ==
        std::vector<MediaTime>{0ms, 20ms, 40ms, 60ms, 80ms, 100ms, 120ms, 140ms});
  ClipLoop loop(clip(frames(3, 20ms, 3)), 100ms);
  for (int i = 0; i < 5; ++i) static_cast<void>(loop.next());
  CHECK(loop.next().frame->key);  // 100 ms: the period begins anew, in the middle of a repetition.
}

TEST_CASE("a period shorter than the clip cuts it") {
  ClipLoop loop(clip(frames(10, 20ms, 5)), 60ms);
  for (int i = 0; i < 30; ++i) {
    const auto item = loop.next();
    CHECK(item.pts == i * 20ms);
    CHECK(item.frame->pts == (i % 3) * 20ms);
  }
}

TEST_CASE("a period that ends inside a frame cuts that frame short") {
  CHECK(first_timestamps(ClipLoop(clip(frames(3, 20ms, 3)), 50ms), 5) ==
        std::vector<MediaTime>{0ms, 20ms, 40ms, 50ms, 70ms});
}

TEST_CASE("a loop starts with the first key frame after its phase") {
  ClipLoop loop(clip(frames(10, 20ms, 5)), 200ms, 50ms);
  auto item = loop.next();
  CHECK(item.frame->pts == 100ms);
  CHECK(item.pts == 50ms);
  // No key frame is left in the period: the next one's first.
  ClipLoop late(clip(frames(10, 20ms, 5)), 200ms, 150ms);
  item = late.next();
  CHECK(item.frame->pts == 0ms);
  CHECK(item.pts == 50ms);
}

TEST_CASE("a group is played again at once, until the next one's time has come") {
  ClipLoop loop(clip(frames(10, 20ms, 5)), 160ms);
  const auto shown = [&] { return loop.next().frame->pts; };
  CHECK(shown() == 0ms);
  CHECK(shown() == 20ms);
  CHECK(shown() == 40ms);
  loop.repeat_group();
  CHECK(shown() == 0ms);
  loop.repeat_group();
  auto item = loop.next();
  CHECK(item.frame->key);
  CHECK(item.frame->pts == 0ms);
  CHECK(item.pts == 80ms);
  CHECK(shown() == 100ms);
  CHECK(shown() == 120ms);
  loop.repeat_group();
  CHECK(shown() == 100ms);
  // The period's end: the loop begins anew.
  loop.repeat_group();
  item = loop.next();
  CHECK(item.frame->pts == 0ms);
  CHECK(item.pts == 160ms);
  CHECK(shown() == 20ms);
}

TEST_CASE("two clips that share a period stay in step for ever") {
  ClipLoop audio(clip(frames(301, 20ms, 1)), 6s, 1s);   // 6.02 s
  ClipLoop video(clip(frames(150, 40ms, 25)), 6s, 1s);  // 6 s
  int seams = 0;
  auto sound = audio.next();
  for (int i = 0; i < 2000; ++i) {
    const auto picture = video.next();
    while (sound.pts < picture.pts) sound = audio.next();
    if (picture.frame->pts != 0ms) continue;
    CHECK(sound.pts == picture.pts);
    CHECK(sound.frame->pts == 0ms);
    ++seams;
  }
  CHECK(seams > 10);
}
