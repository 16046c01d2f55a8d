// Goal: a store that goes on from an earlier run is for a viewer the same presentation, and bytes
// that leave the memory take nothing with them but themselves.
// Method: a run cut off in the middle, its complete segments as the history of a second one;
// playlists and snapshots before and after. Then counts of what is held under each limit.
#include <algorithm>

#include "hls/media_playlist.h"
#include "hls/store.h"
#include "playlist_model.h"
#include "presentation.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace std::chrono_literals;

namespace {

// The complete segments of a run, on disk.
History left_by(const Store& store) {
  const auto snapshot = store.snapshot();
  History history;
  for (RenditionState state : snapshot->renditions) {
    if (!state.segments.back()->complete) state.segments.pop_back();
    for (auto& held : state.segments) {
      auto segment = std::make_shared<Segment>(*held);
      for (Part& part : segment->parts) part.bytes = nullptr;
      segment->file = std::make_shared<const std::filesystem::path>("x");
      held = std::move(segment);
    }
    history.renditions.push_back(std::move(state));
  }
  for (DateRange range : snapshot->date_ranges) {
    if (!range.end) range.end = kWallStart + 24s;
    history.date_ranges.push_back(std::move(range));
  }
  return history;
}

std::uint64_t bytes_in_memory(const Snapshot& snapshot) {
  std::uint64_t bytes = 0;
  for (const RenditionState& state : snapshot.renditions) {
    for (const auto& segment : state.segments) {
      for (const Part& part : segment->parts) bytes += part.bytes ? part.bytes->size() : 0;
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("a second run goes on where the first was cut off") {
  Presentation first({.first_msn = 5});
  first.store->set_on_air("s1", "Ada", kWallStart + 1s);
  first.segments(12);
  first.parts(2);
  const PlaylistModel before = PlaylistReader::read(render_media_playlist(*first.snapshot(), 0));

  const auto store = Store::create({.first_msn = 5}, left_by(*first.store)).value();
  CHECK(store->snapshot()->playable());
  CHECK(add(*store, video_info()) == 0);
  CHECK(add(*store, audio_info()) == 1);
  Publisher video(store, 0, 333'333'333ns, 6), audio(store, 1, 333'333'333ns, 6);
  const auto playlist = [&] {
    return PlaylistReader::read(render_media_playlist(*store->snapshot(), 0));
  };

  // Before the first part of the new run: the same numbers, and its init section is hinted.
  CHECK(playlist().problems == std::vector<std::string>{});
  CHECK(playlist().media_sequence == before.media_sequence);
  CHECK(playlist().hints.at("MAP") == "v0/init-2.mp4");
  CHECK(playlist().hints.at("PART") == "v0/17.0.m4s");

  store->set_on_air("s1", "Ada", kWallStart + 60s);
  video.part();
  audio.part();
  const PlaylistModel after = playlist();
  CHECK(after.problems == std::vector<std::string>{});
  for (const ListedSegment& segment : after.segments) {
    const auto same = std::ranges::find(before.segments, segment.msn, &ListedSegment::msn);
    if (segment.msn == 17) {
      // §6.2.1: a new encoder's timestamps have nothing to do with the old one's.
      CHECK(segment.discontinuity);
      CHECK(segment.dsn == 1);
      CHECK(segment.map == "v0/init-2.mp4");
    } else {
      REQUIRE(same != before.segments.end());
      CHECK(segment.uri == same->uri);
      CHECK(segment.date == same->date);
      CHECK(segment.dsn == 0);
      CHECK(segment.map == "v0/init-1.mp4");
    }
  }
  CHECK(after.segments.back().msn == 17);
  // Ranges of both runs, with different ids (§6.2.1).
  REQUIRE(after.date_ranges.size() == 3);

  // The next segment is no cut any more, and the window moves on over both runs.
  video.parts(5);
  audio.parts(5);
  video.segments(15);
  audio.segments(15);
  for (const RenditionState& state : store->snapshot()->renditions) {
    CHECK(std::ranges::count_if(state.segments, &Segment::discontinuity) <= 1);
    CHECK(state.segments[state.first_listed]->msn == 23);
    CHECK(state.segments.back()->discontinuity_sequence == 1);
  }
  CHECK_THAT(render_media_playlist(*store->snapshot(), 0),
             Catch::Contains("#EXT-X-MEDIA-SEQUENCE:23\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n"));
}

TEST_CASE("a history lists no more than the window") {
  Presentation first({.window_segments = 20});
  first.segments(18);
  const auto store = Store::create({.window_segments = 6}, left_by(*first.store)).value();
  const auto snapshot = store->snapshot();
  CHECK(snapshot->renditions[0].segments.size() == 18);
  CHECK(snapshot->renditions[0].first_listed == 12);
}

TEST_CASE("a history that cannot be gone on with is refused") {
  Presentation first;
  first.segments(3);
  const auto refusal = [&](const auto& spoil) {
    History history = left_by(*first.store);
    spoil(history);
    const auto store = Store::create({}, std::move(history));
    return store ? std::string("none") : store.error().message;
  };
  const auto change = [](History& history, std::size_t index, const auto& how) {
    auto& held = history.renditions[0].segments[index];
    auto segment = std::make_shared<Segment>(*held);
    how(*segment);
    held = std::move(segment);
  };
  using Catch::Contains;
  CHECK(refusal([](History&) {}) == "none");
  CHECK_THAT(refusal([](History& h) { h.renditions[0].segments.clear(); }), Contains("empty"));
  CHECK_THAT(refusal([](History& h) { h.renditions[0].segments.pop_back(); }),
             Contains("different numbers"));
  CHECK_THAT(refusal([](History& h) {
               auto& segments = h.renditions[0].segments;
               segments.erase(segments.begin() + 1);
             }),
             Contains("hole"));
  CHECK_THAT(refusal([&](History& h) { change(h, 2, [](Segment& s) { s.complete = false; }); }),
             Contains("incomplete"));
  CHECK_THAT(refusal([&](History& h) {
               change(h, 0, [](Segment& s) {
                 s.init = std::make_shared<const InitSection>(2u, make_bytes("x"));
               });
             }),
             Contains("go back"));

  // Nor with other renditions.
  const auto added = [&](RenditionInfo info) {
    const auto store = Store::create({}, left_by(*first.store)).value();
    return store->add_rendition(std::move(info), make_bytes("init"));
  };
  RenditionInfo other = video_info();
  CHECK(added(other).has_value());
  other.width = 640;
  CHECK(added(other).error().code == ErrorCode::kConflict);
  other = video_info();
  other.name = "v1";
  CHECK(added(other).error().code == ErrorCode::kConflict);
}

TEST_CASE("a segment in a file leaves the memory, not the playlist") {
  Presentation p({.window_segments = 30, .memory_segments = 6});
  for (std::uint64_t msn = 0; msn < 40; ++msn) {
    p.segments(1);
    p.store->set_file(0, msn, "v" + std::to_string(msn));
    p.store->set_file(1, msn, "a" + std::to_string(msn));
  }
  for (const RenditionState& state : p.snapshot()->renditions) {
    CHECK(state.segments.size() - state.first_listed == 30);
    for (std::size_t i = 0; i < state.segments.size(); ++i) {
      const Segment& segment = *state.segments[i];
      CHECK(segment.in_memory() == (i + 6 >= state.segments.size()));
      CHECK(segment.available());
      for (const Part& part : segment.parts) CHECK(part.size > 0);
    }
  }
}

TEST_CASE("a segment that must go and lies nowhere leaves the playlist, with all before it") {
  Presentation p({.window_segments = 30, .memory_segments = 6});
  p.segments(8);  // 0 and 1 are gone.
  CHECK(p.snapshot()->renditions[0].first_listed == 2);
  CHECK_FALSE(p.snapshot()->renditions[0].segments[0]->available());
  for (const std::uint64_t msn : {2u, 4u}) p.store->set_file(0, msn, "x");
  p.segments(1);
  CHECK(p.snapshot()->renditions[0].first_listed == 2);  // 2 is on disk.
  p.segments(1);
  CHECK(p.snapshot()->renditions[0].first_listed == 4);  // 3 is not.
  p.segments(1);
  CHECK(p.snapshot()->renditions[0].first_listed == 4);
}

TEST_CASE("the bytes of all renditions together are bounded, down to three target durations") {
  Presentation p({.window_segments = 30, .memory_bytes = 400});
  for (int i = 0; i < 60; ++i) {
    p.segments(1);
    CHECK(bytes_in_memory(*p.snapshot()) <= 400);
  }
  for (const RenditionState& state : p.snapshot()->renditions) {
    CHECK(state.first_listed < state.segments.size());
    for (std::size_t i = state.first_listed; i < state.segments.size(); ++i) {
      CHECK(state.segments[i]->available());
    }
  }

  // However little may be held, what a live playlist must list stays (§6.2.2).
  Presentation tight({.memory_bytes = 1});
  tight.segments(20);
  for (const RenditionState& state : tight.snapshot()->renditions) {
    CHECK(state.edge() - state.segments[state.first_listed]->start >= 6s);
  }
}

TEST_CASE("a file of a segment that is not held, or not complete, changes nothing") {
  Presentation p;
  p.segments(2);
  p.parts(1);
  for (const std::uint64_t msn : {2u, 3u, 99u}) p.store->set_file(1, msn, "x");
  p.video.parts(5);  // With this change, when segment 2 of the sound is still in progress.
  p.audio.parts(5);
  for (const auto& segment : p.snapshot()->renditions[1].segments) CHECK_FALSE(segment->file);
}
