// Goal: each request is answered, held or refused as RFC 8216bis §6.2.5.2 and §6.2.6 say.
// Method: tables of queries and paths against one snapshot in the middle of a segment; then the
// same question again as parts come.
#include "hls/reload.h"

#include "presentation.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace std::chrono_literals;

namespace {

Decision decide_query(const Snapshot& snapshot, std::string_view query) {
  const auto directives = parse_directives(query);
  REQUIRE(directives.has_value());
  return decide(snapshot, 0, *directives);
}

}  // namespace

TEST_CASE("directives are read in any order; what is no directive is ignored") {
  struct Case {
    const char* query;
    std::optional<std::uint64_t> msn, part;
    MediaPlaylistForm form;
  };
  using enum MediaPlaylistForm;
  const Case cases[] = {
      {"", {}, {}, kFull},
      {"_HLS_msn=5", 5, {}, kFull},
      {"_HLS_msn=5&_HLS_part=0", 5, 0, kFull},
      {"_HLS_skip=YES&_HLS_part=12&_HLS_msn=5", 5, 12, kDelta},
      {"_HLS_skip=v2", {}, {}, kDeltaWithDateRanges},
      {"_HLS_skip=NO", {}, {}, kFull},
      {"_HLS_skip", {}, {}, kFull},
      {"token=a=b&&x&_HLS_later=1&_HLS_msn=18446744073709551615&=", ~std::uint64_t{0}, {}, kFull},
      {"_hls_msn=x&_HLS_msn2=y", {}, {}, kFull},
  };
  for (const Case& c : cases) {
    INFO(c.query);
    const auto directives = parse_directives(c.query);
    REQUIRE(directives.has_value());
    CHECK(directives->msn == c.msn);
    CHECK(directives->part == c.part);
    CHECK(directives->form == c.form);
  }
}

TEST_CASE("malformed directives are refused with what was wrong") {
  const std::pair<std::string, const char*> cases[] = {
      {"_HLS_part=1", "_HLS_part without _HLS_msn"},
      {"_HLS_msn=", "_HLS_msn=: allowed"},
      {"_HLS_msn", "_HLS_msn=: allowed"},
      {"_HLS_msn=-1", "_HLS_msn=-1: allowed"},
      {"_HLS_msn=+1", "allowed"},
      {"_HLS_msn=1.5", "allowed"},
      {"_HLS_msn=0x10", "allowed"},
      {"_HLS_msn=1%30", "allowed"},
      {"_HLS_msn=18446744073709551616", "allowed"},
      {"_HLS_msn=1&_HLS_part=two", "_HLS_part=two: allowed"},
      {"_HLS_msn=1&_HLS_msn=1", "_HLS_msn is given twice"},
      {"_HLS_skip=YES&_HLS_skip=v2", "_HLS_skip is given twice"},
      {std::string(1025, 'x'), "query of 1025 bytes"},
      {"_HLS_msn=" + std::string(1000, '9'), "allowed"},
  };
  for (const auto& [query, says] : cases) {
    INFO(query);
    const auto directives = parse_directives(query);
    REQUIRE_FALSE(directives.has_value());
    CHECK(directives.error().code == ErrorCode::kInvalidArgument);
    CHECK_THAT(directives.error().message, Catch::Contains(says));
    CHECK(directives.error().message.size() < 200);
  }
}

TEST_CASE("in the middle of a segment") {
  // Segments 100 to 109 are complete, of 110 there are the parts 0 to 2; 97 to 99 are gone.
  Presentation p({.part_target = 334ms, .window_segments = 6, .first_msn = 80});
  p.segments(30);
  p.parts(3);
  const auto snapshot = p.snapshot();
  REQUIRE(snapshot->next_part(0) == PartId{110, 3});
  REQUIRE_FALSE(snapshot->renditions[0].find(80));

  struct Case {
    const char* query;
    Decision decision;
    const char* why;
  };
  using enum Decision;
  const Case cases[] = {
      {"", kReady, "no directive"},
      {"_HLS_skip=YES", kReady, "skipping does not block"},
      {"_HLS_msn=109", kReady, "complete"},
      {"_HLS_msn=110", kWait, "in progress: a whole segment is asked for"},
      {"_HLS_msn=112", kWait, "last + 2"},
      {"_HLS_msn=113", kTooFarAhead, "last + 3"},
      {"_HLS_msn=18446744073709551615", kTooFarAhead, ""},
      {"_HLS_msn=0", kReady, "before all: the entire playlist"},
      {"_HLS_msn=80&_HLS_part=3", kReady, "no longer held"},
      {"_HLS_msn=80&_HLS_part=99999", kReady, "no longer held"},
      {"_HLS_msn=109&_HLS_part=5", kReady, "complete"},
      {"_HLS_msn=109&_HLS_part=6", kReady, "past the end: part 0 of 110"},
      {"_HLS_msn=109&_HLS_part=18446744073709551615", kReady, "past the end"},
      {"_HLS_msn=110&_HLS_part=2", kReady, "the last part"},
      {"_HLS_msn=110&_HLS_part=3", kWait, "the next part"},
      {"_HLS_msn=110&_HLS_part=10", kWait, "last + 8, of 3 s / 0.334 s"},
      {"_HLS_msn=110&_HLS_part=11", kTooFarAhead, "last + 9"},
      {"_HLS_msn=111&_HLS_part=0", kWait, "at least one ahead"},
      {"_HLS_msn=111&_HLS_part=7", kWait, "at least eight ahead"},
      {"_HLS_msn=111&_HLS_part=8", kTooFarAhead, "at least nine ahead"},
      {"_HLS_msn=111&_HLS_part=18446744073709551615", kTooFarAhead, "does not overflow"},
      {"_HLS_msn=112&_HLS_part=6", kWait, ""},
      {"_HLS_msn=112&_HLS_part=7", kTooFarAhead, ""},
      {"_HLS_msn=113&_HLS_part=0", kTooFarAhead, "last + 3"},
  };
  for (const Case& c : cases) {
    INFO(c.query << " " << c.why);
    CHECK(decide_query(*snapshot, c.query) == c.decision);
  }
}

TEST_CASE("past the end of the last complete segment means part 0 of the next") {
  Presentation p;
  p.segments(3);
  CHECK(decide_query(*p.snapshot(), "_HLS_msn=2") == Decision::kReady);
  CHECK(decide_query(*p.snapshot(), "_HLS_msn=2&_HLS_part=999") == Decision::kWait);
  p.part();
  CHECK(decide_query(*p.snapshot(), "_HLS_msn=2&_HLS_part=999") == Decision::kReady);
}

TEST_CASE("a held request is released by the part it asked for, not before") {
  Presentation p;
  p.segments(3);
  const auto release_after = [&](std::string_view query) {
    int parts = 0;
    while (decide_query(*p.snapshot(), query) == Decision::kWait) {
      p.part();
      ++parts;
      REQUIRE(parts < 50);
    }
    return parts;
  };
  CHECK(release_after("_HLS_msn=3&_HLS_part=0") == 1);
  CHECK(release_after("_HLS_msn=3&_HLS_part=2") == 2);
  CHECK(release_after("_HLS_msn=3&_HLS_part=6") == 4);  // Six parts only: 4.0 is as good.
  CHECK(release_after("_HLS_msn=4") == 5);
  CHECK(release_after("_HLS_msn=6") == 12);
}

TEST_CASE("the advance part limit is three where parts are a second or longer") {
  const auto store = Store::create({.target_duration_s = 4, .part_target = 1s}).value();
  add(*store, video_info());
  Publisher video(store, 0, 1s, 4);
  video.parts(9);
  CHECK(decide_query(*store->snapshot(), "_HLS_msn=2&_HLS_part=3") == Decision::kWait);
  CHECK(decide_query(*store->snapshot(), "_HLS_msn=2&_HLS_part=4") == Decision::kTooFarAhead);
}

TEST_CASE("nothing is served before it can be played, nothing is held after the end") {
  Presentation p;
  CHECK(decide_query(*p.snapshot(), "") == Decision::kWait);
  CHECK(decide_query(*p.snapshot(), "_HLS_msn=0") == Decision::kWait);
  CHECK(decide_query(*p.snapshot(), "_HLS_msn=3") == Decision::kTooFarAhead);
  p.segments(1);
  CHECK(decide_query(*p.snapshot(), "") == Decision::kWait);
  CHECK(decide_query(*p.snapshot(), "_HLS_msn=0") == Decision::kWait);
  p.segments(1);
  CHECK(decide_query(*p.snapshot(), "") == Decision::kReady);
  p.store->end();
  CHECK(decide_query(*p.snapshot(), "_HLS_msn=99999&_HLS_part=7&_HLS_skip=YES") ==
        Decision::kReady);
}

TEST_CASE("of the I-frame playlist whole segments are waited for, whatever part is asked for") {
  Presentation p({.first_msn = 10});
  const auto decide_i = [&](std::string_view query) {
    return decide_i_frames(*p.snapshot(), 0, parse_directives(query).value());
  };
  CHECK(decide_i("") == Decision::kWait);  // Not playable yet.
  CHECK(decide_i("_HLS_msn=12") == Decision::kWait);
  CHECK(decide_i("_HLS_msn=13") == Decision::kTooFarAhead);
  p.segments(3);
  p.parts(2);  // 10 to 12 are listed, of 13 there are two parts.
  struct Case {
    const char* query;
    Decision decision;
  };
  using enum Decision;
  const Case cases[] = {
      {"", kReady},
      {"_HLS_msn=0", kReady},
      {"_HLS_msn=12", kReady},
      {"_HLS_msn=12&_HLS_part=99", kReady},
      {"_HLS_msn=13", kWait},
      {"_HLS_msn=13&_HLS_part=0", kWait},  // The part is there, its picture is not listed.
      {"_HLS_msn=14&_HLS_skip=YES", kWait},
      {"_HLS_msn=15", kTooFarAhead},  // Last + 3.
      {"_HLS_msn=18446744073709551615&_HLS_part=18446744073709551615", kTooFarAhead},
  };
  for (const Case& c : cases) {
    INFO(c.query);
    CHECK(decide_i(c.query) == c.decision);
  }
  p.parts(4);
  CHECK(decide_i("_HLS_msn=13&_HLS_part=0") == kReady);
  CHECK(decide_i("_HLS_msn=15") == kWait);
  p.store->end();
  CHECK(decide_i("_HLS_msn=99") == kReady);
}

TEST_CASE("paths name what there is, what comes next, or nothing") {
  Presentation p({.first_msn = 10});
  p.segments(2);
  p.video.parts(1);
  p.video.part(/*gap=*/true);
  p.video.parts(1);
  using enum ResourceKind;
  struct Case {
    const char* path;
    ResourceKind kind;
  };
  const Case cases[] = {
      {"master.m3u8", kMultivariantPlaylist},
      {"v0.m3u8", kMediaPlaylist},
      {"a0.m3u8", kMediaPlaylist},
      {"v0.iframes.m3u8", kIFramePlaylist},
      {"a0.iframes.m3u8", kNotFound},
      {"v0/init-1.mp4", kInit},
      {"v0/10.m4s", kSegment},
      {"v0/12.m4s", kNotFound},  // In progress.
      {"v0/12.0.m4s", kPart},
      {"v0/12.1.m4s", kNotFound},  // GAP.
      {"v0/12.2.m4s", kPart},
      {"v0/12.3.m4s", kHintedPart},
      {"a0/12.0.m4s", kHintedPart},
      {"a0/11.6.m4s", kNotFound},  // The segment before has six.
      {"v0/12.4.m4s", kNotFound},
      {"v0/13.0.m4s", kNotFound},
      {"v0/9.m4s", kNotFound},
      {"", kNotFound},
      {"/master.m3u8", kNotFound},
      {"v1.m3u8", kNotFound},
      {"v0", kNotFound},
      {"v0/", kNotFound},
      {"v0/.m4s", kNotFound},
      {"v0/10.", kNotFound},
      {"v0/010.m4s", kNotFound},
      {"v0/10.00.m4s", kNotFound},
      {"v0/10.0.0.m4s", kNotFound},
      {"v0/-1.m4s", kNotFound},
      {"v0/99999999999999999999.m4s", kNotFound},
      {"v0/../v0/10.m4s", kNotFound},
      {"v0/init-2.mp4", kNotFound},
      {"v0/init-0.mp4", kNotFound},
      {"v0/init-01.mp4", kNotFound},
      {"v0/init-.mp4", kNotFound},
      {"v0/init-4294967297.mp4", kNotFound},  // 1, were it cut to 32 bits.
      {"v0/init-1.m4s", kNotFound},
      {"v0init-1.mp4", kNotFound},
  };
  for (const Case& c : cases) {
    INFO(c.path);
    CHECK(resolve(*p.snapshot(), c.path).kind == c.kind);
  }
  CHECK(resolve(*p.snapshot(), std::string(200, 'v')).kind == kNotFound);
  CHECK(resolve(*p.snapshot(), "a0/11.5.m4s").rendition == 1);
  CHECK(as_text(*resolve(*p.snapshot(), "v0/12.2.m4s").bytes) == "12.2;");
  CHECK(as_text(*resolve(*p.snapshot(), "a0/init-1.mp4").bytes) == "a0 init");
  CHECK(as_text(*segment_bytes(*resolve(*p.snapshot(), "v0/11.m4s").segment)) ==
        "11.0;11.1;11.2;11.3;11.4;11.5;");

  p.store->end();  // The hinted part never comes (§6.2.6), and 12 is complete but has a hole.
  CHECK(resolve(*p.snapshot(), "v0/12.3.m4s").kind == kNotFound);
  CHECK(resolve(*p.snapshot(), "v0/12.m4s").kind == kNotFound);
}

TEST_CASE("parts are answered for three target durations after they left the playlist") {
  Presentation p({.window_segments = 6});
  p.segments(4);
  p.part();
  // Parts of segment 0 are just off the list; 6 s later they are still there (§6.2.2).
  CHECK_THAT(render_media_playlist(*p.snapshot(), 0), !Catch::Contains("v0/0.5.m4s"));
  p.segments(3);
  CHECK(resolve(*p.snapshot(), "v0/0.0.m4s").kind == ResourceKind::kPart);
  CHECK(resolve(*p.snapshot(), "v0/0.5.m4s").kind == ResourceKind::kPart);
}

TEST_CASE("init sections are answered as long as a segment needs them, and from their hint on") {
  Presentation p({.window_segments = 6});
  p.segments(1);
  const auto init = [&](int number) {
    return resolve(*p.snapshot(), "v0/init-" + std::to_string(number) + ".mp4");
  };
  p.video.cut("second");
  CHECK(as_text(*init(2).bytes) == "second");
  p.segments(7);
  CHECK(as_text(*init(1).bytes) == "v0 init");
  p.video.cut("third");
  p.segments(1);
  CHECK(as_text(*init(1).bytes) == "v0 init");
  CHECK(as_text(*init(2).bytes) == "second");
  CHECK(as_text(*init(3).bytes) == "third");
  CHECK(init(4).kind == ResourceKind::kNotFound);
  p.segments(10);  // Segment 0, the only one with the first, is answered no longer.
  CHECK(init(1).kind == ResourceKind::kNotFound);
  CHECK(as_text(*init(2).bytes) == "second");
}

TEST_CASE("what has left the memory is answered from its file, or not at all") {
  Presentation p({.window_segments = 20, .memory_segments = 6});
  p.video.parts(1);
  p.video.part(/*gap=*/true);
  p.video.parts(4);
  p.audio.parts(6);
  p.segments(1);
  for (const std::size_t rendition : {0u, 1u}) {
    for (const std::uint64_t msn : {0u, 1u}) {
      p.store->set_file(rendition, msn, "/files/" + std::to_string(msn));
    }
  }
  const auto get = [&](std::string_view path) { return resolve(*p.snapshot(), path); };
  CHECK(get("v0/1.m4s").segment);
  p.segments(6);  // 0 and 1 go.

  // "1.0;" and so on: four bytes a part.
  const Resource segment = get("v0/1.m4s");
  CHECK(segment.kind == ResourceKind::kSegment);
  CHECK_FALSE(segment.segment);
  REQUIRE(segment.range.file);
  CHECK(*segment.range.file == "/files/1");
  CHECK(segment.range.offset == 0);
  CHECK(segment.range.size == 24);
  const Resource part = get("v0/1.2.m4s");
  CHECK(part.kind == ResourceKind::kPart);
  CHECK_FALSE(part.bytes);
  REQUIRE(part.range.file);
  CHECK(part.range.offset == 8);
  CHECK(part.range.size == 4);
  // With a part missing: the parts there are lie without a hole.
  CHECK(get("v0/0.m4s").kind == ResourceKind::kNotFound);
  CHECK(get("v0/0.1.m4s").kind == ResourceKind::kNotFound);
  CHECK(get("v0/0.2.m4s").range.offset == 4);
  CHECK(get("v0/2.0.m4s").bytes);
  p.segments(1);  // 2 goes, and lies nowhere.
  CHECK(get("v0/2.m4s").kind == ResourceKind::kNotFound);
  CHECK(get("v0/2.0.m4s").kind == ResourceKind::kNotFound);
  CHECK(get("v0/1.m4s").kind == ResourceKind::kSegment);
}
