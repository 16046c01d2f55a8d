// Goal: whoever follows the I-frame playlist sees the same timeline as who plays, picture by
// picture. Method: both playlists of a running presentation, with cuts and missing media, compared
// after every part; delta updates merged as a player does. Line by line: golden_playlist_test.cpp.
#include "hls/i_frame_playlist.h"

#include "playlist_model.h"
#include "presentation.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace std::chrono_literals;
using Form = MediaPlaylistForm;

namespace {

PlaylistModel media(const Snapshot& snapshot) {
  return PlaylistReader::read(render_media_playlist(snapshot, 0));
}

PlaylistModel i_frames(const Snapshot& snapshot, Form form = Form::kFull) {
  return PlaylistReader::read(render_i_frame_playlist(snapshot, 0, form));
}

}  // namespace

TEST_CASE("an I-frame stands for each complete segment, with its number, its dates and its map") {
  Presentation p({.window_segments = 6});
  p.store->set_on_air("s1", "Ada", kWallStart);
  for (int part = 0; part < 20 * 6; ++part) {
    if (part % 48 == 30) {
      p.video.cut("another init");
      p.audio.cut();
    }
    p.video.part(/*gap=*/part % 31 == 20);
    p.audio.part();
    PlaylistModel played = media(*p.snapshot());
    const PlaylistModel pictures = i_frames(*p.snapshot());
    CHECK(pictures.problems == std::vector<std::string>{});
    // §6.2.4: the same attributes and values, the same date ranges, the same target duration.
    for (const char* tag : {"#EXT-X-SERVER-CONTROL", "#EXT-X-TARGETDURATION",
                            "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE"}) {
      CHECK(pictures.tags.at(tag) == played.tags.at(tag));
    }
    CHECK(pictures.tags.contains("#EXT-X-I-FRAMES-ONLY"));
    CHECK_FALSE(pictures.tags.contains("#EXT-X-PART-INF"));  // §4.4.4.9: no parts.
    CHECK(pictures.date_ranges == played.date_ranges);
    CHECK(pictures.hints.empty());

    if (!played.segments.empty() && played.segments.back().uri.empty()) played.segments.pop_back();
    REQUIRE(pictures.segments.size() == played.segments.size());
    for (std::size_t i = 0; i < pictures.segments.size(); ++i) {
      ListedSegment expected = played.segments[i];
      expected.parts.clear();
      expected.range = expected.gap ? "" : "4@0";
      CHECK(pictures.segments[i] == expected);
    }
  }
}

TEST_CASE("a segment that does not start with an IDR has no picture, but keeps its place") {
  const auto store = Store::create({}).value();
  add(*store, video_info());
  const auto segment = [&](std::uint32_t i_frame_size, MediaTime start) {
    store->append_part(0,
                       {.duration = 300ms, .i_frame_size = i_frame_size, .bytes = make_bytes("xx")},
                       {.start = start, .wall_start = kWallStart}, true);
  };
  segment(2, 0ms);
  segment(0, 300ms);
  const PlaylistModel pictures = i_frames(*store->snapshot());
  REQUIRE(pictures.segments.size() == 2);
  CHECK(pictures.segments[0].range == "2@0");
  CHECK(pictures.segments[1].gap);
  CHECK(pictures.segments[1].range.empty());
  CHECK(pictures.segments[1].duration == "0.30000,");
  CHECK_FALSE(media(*store->snapshot()).segments[1].gap);
}

TEST_CASE("every playlist reports all others, I-frame playlists by their last segment") {
  const auto store = Store::create({}).value();
  add(*store, video_info());
  RenditionInfo small = video_info();
  small.name = "v1";
  add(*store, small);
  add(*store, audio_info());
  Publisher video(store, 0, 333ms, 6), second(store, 1, 333ms, 6), audio(store, 2, 333ms, 6);
  video.parts(7);
  CHECK(i_frames(*store->snapshot()).reports ==
        std::vector<std::string>{"URI=\"v0.m3u8\",LAST-MSN=1,LAST-PART=0"});
  second.parts(5);  // None complete: its I-frame playlist has no last segment to report.
  audio.parts(8);
  const std::string v1 = "URI=\"v1.m3u8\",LAST-MSN=0,LAST-PART=4";
  const std::string a0 = "URI=\"a0.m3u8\",LAST-MSN=1,LAST-PART=1";
  CHECK(media(*store->snapshot()).reports ==
        std::vector<std::string>{v1, a0, "URI=\"v0.iframes.m3u8\",LAST-MSN=0"});
  CHECK(i_frames(*store->snapshot()).reports ==
        std::vector<std::string>{"URI=\"v0.m3u8\",LAST-MSN=1,LAST-PART=0", v1, a0});
  second.part();
  CHECK(i_frames(*store->snapshot()).reports.back() == "URI=\"v1.iframes.m3u8\",LAST-MSN=0");
}

TEST_CASE("delta updates of it merge like those of the media playlist") {
  Presentation p;
  p.store->set_on_air("s1", "Ada", kWallStart);
  int deltas = 0;
  PlaylistModel had;
  for (int i = 0; i < 120; ++i) {
    if (i % 36 == 30) p.video.cut("another init");
    if (i % 20 == 10) p.store->set_on_air(i % 40 == 10 ? "s2" : "s1", "x", kWallStart + i * 333ms);
    p.part();
    const PlaylistModel full = i_frames(*p.snapshot());
    for (const Form form : {Form::kDelta, Form::kDeltaWithDateRanges}) {
      const PlaylistModel delta = i_frames(*p.snapshot(), form);
      CHECK(delta.problems == std::vector<std::string>{});
      if (delta.skipped == 0) continue;
      ++deltas;
      const auto merged = merge_delta(had, delta);
      REQUIRE(merged);
      CHECK(merged->segments == full.segments);
      CHECK(merged->date_ranges == full.date_ranges);
    }
    had = full;
  }
  CHECK(deltas > 100);
}

TEST_CASE("before a segment is complete it is empty and valid; at the end it ends") {
  Presentation p({.first_msn = 7});
  p.part();
  PlaylistModel pictures = i_frames(*p.snapshot());
  CHECK(pictures.problems == std::vector<std::string>{});
  CHECK(pictures.segments.empty());
  CHECK(pictures.tags.at("#EXT-X-MEDIA-SEQUENCE") == "7");
  p.store->end();
  pictures = i_frames(*p.snapshot());
  CHECK(pictures.tags.contains("#EXT-X-ENDLIST"));
  REQUIRE(pictures.segments.size() == 1);
  CHECK(pictures.segments[0].range == "4@0");
}
