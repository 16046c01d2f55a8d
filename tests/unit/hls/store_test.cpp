// Goal: what is published never changes, is kept for as long as RFC 8216bis §6.2.2 asks and not for
// ever, and every reader sees whole changes in order.
// Method: a small presentation part by part; snapshots kept over later changes; counts after long
// runs.
#include "hls/store.h"

#include <atomic>
#include <set>
#include <thread>

#include "presentation.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace std::chrono_literals;

TEST_CASE("a configuration that breaks a rule is refused with the value and what is allowed") {
  struct Case {
    const char* says;
    StoreConfig config;
  };
  const Case cases[] = {
      {"target duration (s) 0", {.target_duration_s = 0}},
      {"target duration (s) 61", {.target_duration_s = 61}},
      {"part target (ns) 0", {.part_target = 0ms}},
      {"part target (ns) 333333333", {.part_target = 333333333ns}},
      {"part target (ns) 1001000000", {.part_target = 1001ms}},
      {"window (segments) 5", {.window_segments = 5}},
      {"window (segments) 5401", {.window_segments = 5401}},
      {"first media sequence number", {.first_msn = ~std::uint64_t{0}}},
  };
  for (const Case& c : cases) {
    const auto store = Store::create(c.config);
    REQUIRE_FALSE(store.has_value());
    CHECK(store.error().code == ErrorCode::kInvalidArgument);
    CHECK_THAT(store.error().message, Catch::Contains(c.says) && Catch::Contains("allowed is"));
  }
  CHECK(Store::create({}).has_value());
}

TEST_CASE("a snapshot never changes, and complete segments are shared between snapshots") {
  Presentation p;
  p.parts(9);
  const auto before = p.snapshot();
  const auto& video = before->renditions[0];
  REQUIRE(video.segments.size() == 2);
  CHECK(video.segments[1]->parts.size() == 3);
  p.parts(1);
  const auto after = p.snapshot();
  CHECK(video.segments[1]->parts.size() == 3);
  CHECK(after->renditions[0].segments[1]->parts.size() == 4);
  CHECK(after->renditions[0].segments[0] == video.segments[0]);
  CHECK(after->renditions[0].segments[1]->parts[2].bytes == video.segments[1]->parts[2].bytes);
  CHECK(after->version == before->version + 2);
}

TEST_CASE("the part announced next is the one that comes, over segment boundaries too") {
  Presentation p({.first_msn = 100});
  CHECK(p.snapshot()->next_part(0) == PartId{100, 0});
  for (int i = 0; i < 40; ++i) {
    const PartId hint = p.snapshot()->next_part(0);
    p.video.part();
    const Segment& last = *p.snapshot()->renditions[0].segments.back();
    CHECK(hint == PartId{last.msn, last.parts.size() - 1});
  }
  CHECK(p.snapshot()->next_part(0) == PartId{106, 4});
}

TEST_CASE("segments leave the playlist after the window and the store after their availability") {
  Presentation p({.window_segments = 6});
  p.segments(6);
  CHECK(p.snapshot()->renditions[0].first_listed == 0);
  p.segments(1);
  CHECK(p.snapshot()->renditions[0].first_listed == 1);

  // Segment 0 appeared at 2 s; it is held for its own 2 s, the 14 s of the longest playlist that
  // had it and the 12 s that a cache may be behind.
  p.segments(7);
  CHECK(p.snapshot()->renditions[0].find(0));
  p.segments(2);
  CHECK_FALSE(p.snapshot()->renditions[0].find(0));
  CHECK(p.snapshot()->renditions[0].find(1));

  p.segments(500);
  for (const RenditionState& state : p.snapshot()->renditions) {
    CHECK(state.segments.size() - state.first_listed == 6);
    CHECK(state.segments.size() <= 6 + 9);
  }
}

TEST_CASE("however short the segments, three target durations stay listed") {
  const auto store = Store::create({.window_segments = 6}).value();
  add(*store, video_info());
  Publisher publisher(store, 0, 250ms, 1);
  publisher.segments(200);
  const auto snapshot = store->snapshot();
  const RenditionState& state = snapshot->renditions[0];
  CHECK(state.edge() - state.segments[state.first_listed]->start >= 6s);
  CHECK(state.segments.size() - state.first_listed == 24);
}

TEST_CASE("a presentation is playable with two segments of every rendition") {
  Presentation p;
  CHECK_FALSE(p.snapshot()->playable());
  p.video.segments(2);
  p.audio.parts(11);
  CHECK_FALSE(p.snapshot()->playable());
  p.audio.part();
  CHECK(p.snapshot()->playable());
}

TEST_CASE("the end completes what is in progress, and nothing comes after it") {
  Presentation p;
  p.parts(8);
  p.store->set_on_air("s1", "Ada", kWallStart);
  p.store->end();
  const auto ended = p.snapshot();
  CHECK(ended->ended);
  CHECK(ended->playable());
  for (const RenditionState& state : ended->renditions) {
    CHECK(state.segments.back()->complete);
    CHECK(state.segments.back()->parts.size() == 2);
  }
  p.part();
  p.store->set_on_air("s2", "Bob", kWallStart + 1s);
  p.store->end();
  CHECK(p.snapshot() == ended);
}

TEST_CASE("ranges of who is on air follow each other without overlap") {
  Presentation p;
  p.part();
  p.store->set_on_air("", "", kWallStart);
  CHECK(p.snapshot()->date_ranges.empty());
  p.store->set_on_air("s1", "Ada", kWallStart + 1s);
  const auto one = p.snapshot();
  p.store->set_on_air("s1", "Ada", kWallStart + 2s);
  CHECK(p.snapshot() == one);
  p.store->set_on_air("s2", "Bob", kWallStart + 3s);
  p.store->set_on_air("", "", kWallStart + 2s);
  const auto ranges = p.snapshot()->date_ranges;
  REQUIRE(ranges.size() == 2);
  CHECK(ranges[0].start == kWallStart + 1s);
  CHECK(ranges[0].end == kWallStart + 3s);
  CHECK(ranges[1].start == kWallStart + 3s);
  CHECK(ranges[1].end == kWallStart + 3s);  // Never before its start (§4.4.5.1).
  p.store->set_on_air("s3", "Cy", kWallStart);
  CHECK(p.snapshot()->date_ranges.back().start == kWallStart + 3s);
}

TEST_CASE("a range stays while any of its dates is listed; its id is never used again") {
  Presentation p({.window_segments = 6});
  p.store->set_on_air("s1", "Ada", kWallStart);
  p.store->set_on_air("s2", "Bob", kWallStart + 1s);
  const auto ids = [&] {
    std::vector<std::string> all;
    for (const DateRange& range : p.snapshot()->date_ranges) all.push_back(range.id);
    return all;
  };
  const auto first = ids();
  REQUIRE(first.size() == 2);
  p.segments(6);
  CHECK(ids() == first);
  p.segments(1);  // Segment 0, with all of Ada's range, is out.
  CHECK(ids() == std::vector{first[1]});
  REQUIRE(p.snapshot()->removed_date_ranges.size() == 1);
  CHECK(p.snapshot()->removed_date_ranges[0].id == first[0]);
  p.segments(50);  // Bob's is open: it stays.
  CHECK(ids() == std::vector{first[1]});
  CHECK(p.snapshot()->removed_date_ranges.empty());

  std::set<std::string> seen(first.begin(), first.end());
  for (int i = 0; i < 2000; ++i) {
    p.store->set_on_air(i % 2 ? "s1" : "s2", "x", kWallStart + 200s);
    CHECK(seen.insert(ids().back()).second);
    CHECK(p.snapshot()->date_ranges.size() <= 1024);
    CHECK(p.snapshot()->removed_date_ranges.size() <= 1024);
  }
}

TEST_CASE("listeners hear every change in order until they are dropped") {
  Presentation p;
  std::vector<std::uint64_t> heard;
  auto subscription = p.store->subscribe([&](const Store::SnapshotPtr& snapshot) {
    CHECK(p.store->snapshot() == snapshot);  // A listener may look at the store.
    heard.push_back(snapshot->version);
  });
  const std::uint64_t version = p.snapshot()->version;
  p.video.parts(3);
  CHECK(heard == std::vector{version + 1, version + 2, version + 3});
  subscription.reset();
  p.video.part();
  CHECK(heard.size() == 3);
}

TEST_CASE("readers on other threads see versions grow and segments whole") {
  Presentation p;
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      std::uint64_t version = 0;
      while (!done) {
        const auto snapshot = p.store->snapshot();
        if (snapshot->version < version) ++wrong;
        version = snapshot->version;
        for (const auto& segment : snapshot->renditions[0].segments) {
          if (segment->complete != (segment->parts.size() == 6)) ++wrong;
        }
      }
    });
  }
  p.segments(100);
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong == 0);
}
