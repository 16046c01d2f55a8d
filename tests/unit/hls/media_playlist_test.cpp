// Goal: media playlists follow RFC 8216bis over time.
// Method: rules checked over every snapshot of a running presentation; delta updates merged as a
// player does and compared with the full playlist. Line by line: golden_playlist_test.cpp.
#include "hls/media_playlist.h"

#include <deque>
#include <map>
#include <regex>

#include "hls/playlist_text.h"
#include "playlist_model.h"
#include "presentation.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace std::chrono_literals;
using Form = MediaPlaylistForm;

namespace {

std::vector<std::string> matching(const std::string& text, const std::string& start) {
  std::vector<std::string> found;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with(start)) found.push_back(line);
  }
  return found;
}

std::string attribute(const std::string& line, const std::string& name) {
  std::smatch match;
  const std::regex pattern("[:,]" + name + "=(?:\"([^\"]*)\"|([^,]*))");
  if (!std::regex_search(line, match, pattern)) return "(none)";
  return match[1].matched ? match[1].str() : match[2].str();
}

}  // namespace

TEST_CASE("missing media keeps the timeline and says so") {
  Presentation p;
  p.video.parts(5);
  p.video.part(/*gap=*/true);
  const std::string text = render_media_playlist(*p.snapshot(), 0);
  // §6.2.1: GAP=YES for the part, EXT-X-GAP for the segment, and the durations as if it were there.
  CHECK_THAT(text, Catch::Contains("#EXT-X-PART:DURATION=0.333334,URI=\"v0/0.5.m4s\",GAP=YES\n"
                                   "#EXT-X-GAP\n#EXTINF:2.00000,\nv0/0.m4s\n"));
}

TEST_CASE("an ended playlist has an end and no hint") {
  Presentation p;
  p.segments(2);
  p.parts(1);
  p.store->set_on_air("s1", "Ada", kWallStart + 1s);
  p.store->end();
  for (const Form form : {Form::kFull, Form::kDelta, Form::kDeltaWithDateRanges}) {
    const std::string text = render_media_playlist(*p.snapshot(), 0, form);
    CHECK(matching(text, "#EXT-X-ENDLIST").size() == 1);
    CHECK(matching(text, "#EXT-X-PRELOAD-HINT").empty());
    CHECK_THAT(text, Catch::Contains("#EXTINF:0.33333,\nv0/2.m4s\n"));
    // Who is on air then is so to the end.
    CHECK(attribute(matching(text, "#EXT-X-DATERANGE").back(), "END-DATE") ==
          "2026-11-22T13:00:04.437Z");
  }
}

TEST_CASE("before the first part the playlist is valid and hints it") {
  Presentation p({.first_msn = 7});
  const std::string text = render_media_playlist(*p.snapshot(), 1);
  CHECK_THAT(text, Catch::Contains("#EXT-X-MEDIA-SEQUENCE:7\n"));
  CHECK_THAT(text, Catch::EndsWith("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"a0/7.0.m4s\"\n"));
}

TEST_CASE("who is on air comes as date ranges whose tags never change") {
  Presentation p;
  p.segments(2);
  p.store->set_on_air("s1", "Ada \"Ace\"\n{$x}", kWallStart + 500ms);
  const std::string start =
      "#EXT-X-DATERANGE:ID=\"on-air-1795352400500-1\",CLASS=\"org.spacecast.on-air\","
      "START-DATE=\"2026-11-22T13:00:00.500Z\",X-SPEAKER=\"s1\",X-NAME=\"Ada 'Ace'{\uff04x}\"";
  for (const std::size_t rendition : {0u, 1u}) {  // The same in all renditions (§6.2.4).
    CHECK(matching(render_media_playlist(*p.snapshot(), rendition), "#EXT-X-DATERANGE") ==
          std::vector{start});
  }
  p.store->set_on_air("", "", kWallStart + 2s);
  CHECK(matching(render_media_playlist(*p.snapshot(), 0), "#EXT-X-DATERANGE") ==
        std::vector<std::string>{start,
                                 "#EXT-X-DATERANGE:ID=\"on-air-1795352400500-1\","
                                 "START-DATE=\"2026-11-22T13:00:00.500Z\","
                                 "END-DATE=\"2026-11-22T13:00:02.000Z\""});
}

TEST_CASE("rules that hold for every playlist of a running presentation") {
  Presentation p;
  std::map<std::string, std::string> segments;  // By URI: what stood above it (§6.2.1).
  std::string hint, server_control;
  for (int i = 0; i < 150; ++i) {
    p.part();
    const std::string text = render_media_playlist(*p.snapshot(), 0);
    const std::string other = render_media_playlist(*p.snapshot(), 1);
    const auto parts = matching(text, "#EXT-X-PART:");
    REQUIRE_FALSE(parts.empty());
    // The part that came is the one hinted before (§4.4.5.3).
    if (!hint.empty()) CHECK(attribute(parts.back(), "URI") == hint);
    const auto hints = matching(text, "#EXT-X-PRELOAD-HINT");
    REQUIRE(hints.size() == 1);
    hint = attribute(hints[0], "URI");
    // The same in all renditions and for ever (§6.2.4, §6.2.1).
    const auto control = matching(text, "#EXT-X-SERVER-CONTROL");
    REQUIRE(control.size() == 1);
    if (server_control.empty()) server_control = control[0];
    CHECK(control[0] == server_control);
    CHECK(matching(other, "#EXT-X-SERVER-CONTROL") == control);
    // §4.4.4.9, on what is printed.
    for (const std::string& part : parts) CHECK(std::stod(attribute(part, "DURATION")) <= 0.342);
    // The report is as new as the playlist (§4.4.5.4).
    const auto reports = matching(text, "#EXT-X-RENDITION-REPORT");
    REQUIRE_FALSE(reports.empty());
    CHECK("a0/" + attribute(reports[0], "LAST-MSN") + "." + attribute(reports[0], "LAST-PART") +
              ".m4s" ==
          attribute(matching(other, "#EXT-X-PART:").back(), "URI"));
    // Parts are listed for three target durations, and up to a segment longer (§6.2.2).
    if (i > 60) CHECK((parts.size() >= 18 && parts.size() <= 18 + 6));

    std::string date, duration;
    for (const std::string& line : lines_of(text)) {
      if (line.starts_with("#EXT-X-PROGRAM-DATE-TIME")) date = line;
      if (line.starts_with("#EXTINF")) duration = line;
      if (line.starts_with("#")) continue;
      const auto [known, added] = segments.emplace(line, date + duration);
      CHECK(known->second == date + duration);
    }
  }
  CHECK(segments.size() == 25);
}

TEST_CASE("a part above the target never prints as such") {
  const auto store = Store::create({}).value();
  add(*store, video_info());
  store->append_part(0, {.duration = 342'004'000ns, .bytes = make_bytes("x")},
                     {.wall_start = kWallStart}, false);
  CHECK_THAT(render_media_playlist(*store->snapshot(), 0), Catch::Contains("DURATION=0.342000,"));
}

TEST_CASE("a discontinuity keeps its number while the window moves, in all renditions") {
  Presentation p({.window_segments = 6});
  std::map<std::uint64_t, std::uint64_t> dsn;  // By media sequence number.
  for (int msn = 0; msn < 40; ++msn) {
    if (msn % 7 == 3) {
      // The second encoder of two has the parameters of the first.
      p.video.cut(msn % 2 == 1 ? "another init" : "");
      p.audio.cut();
    }
    for (int part = 0; part < 6; ++part) {
      p.part();
      for (const std::size_t rendition : {0u, 1u}) {
        const std::string text = render_media_playlist(*p.snapshot(), rendition);
        const PlaylistModel playlist = PlaylistReader::read(text);
        CHECK(playlist.problems == std::vector<std::string>{});
        for (const ListedSegment& segment : playlist.segments) {
          // §6.2.2: "Clients can malfunction if each Media Segment does not have a consistent
          // Discontinuity Sequence Number."
          CHECK(dsn.emplace(segment.msn, segment.dsn).first->second == segment.dsn);
          CHECK(segment.discontinuity == (segment.msn % 7 == 3));
        }
      }
    }
  }
  CHECK(dsn[2] == 0);
  CHECK(dsn[3] == 1);
  CHECK(dsn[39] == 6);
}

TEST_CASE("an init section is named where it changes and hinted before it comes") {
  Presentation p;
  p.segments(2);
  p.video.part();
  const auto maps = [&] { return matching(render_media_playlist(*p.snapshot(), 0), "#EXT-X-MAP"); };
  const auto hints = [&] {
    return matching(render_media_playlist(*p.snapshot(), 0), "#EXT-X-PRELOAD-HINT");
  };
  CHECK(maps() == std::vector<std::string>{"#EXT-X-MAP:URI=\"v0/init-1.mp4\""});
  CHECK(hints().size() == 1);
  p.video.parts(5);
  p.video.cut("another init");
  CHECK(maps().size() == 1);
  CHECK(hints() == std::vector<std::string>{"#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\"v0/init-2.mp4\"",
                                            "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"v0/3.0.m4s\""});
  p.video.part();
  CHECK(hints().size() == 1);
  CHECK_THAT(render_media_playlist(*p.snapshot(), 0),
             Catch::Contains("v0/2.m4s\n#EXT-X-DISCONTINUITY\n"
                             "#EXT-X-MAP:URI=\"v0/init-2.mp4\"\n#EXT-X-PROGRAM-DATE-TIME"));
  // A segment that opens the playlist keeps its own tag, and the header does not count it.
  p.video.segments(12);
  const std::string text = render_media_playlist(*p.snapshot(), 0);
  CHECK_THAT(text, Catch::Contains("#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXT-X-MAP:URI=\"v0/init-2"));
}

TEST_CASE("a delta update merged into an earlier full playlist is the full playlist") {
  Presentation p;
  p.store->set_on_air("s1", "Ada", kWallStart);
  std::deque<std::string> earlier;
  int deltas = 0;
  for (int i = 0; i < 240; ++i) {
    if (i % 36 == 30) {
      p.video.cut("another init");
      p.audio.cut();
    }
    p.part();
    if (i % 20 == 10) {
      p.store->set_on_air(i % 40 == 10 ? "s2" : "s1", "x", kWallStart + i * 333ms);
    }
    const std::string full = render_media_playlist(*p.snapshot(), 0);
    earlier.push_back(full);
    // A player may ask with what is half as old as the boundary (§6.3.7): 18 parts.
    if (earlier.size() > 19) earlier.pop_front();
    for (const Form form : {Form::kDelta, Form::kDeltaWithDateRanges}) {
      const std::string delta = render_media_playlist(*p.snapshot(), 0, form);
      const PlaylistModel expected = PlaylistReader::read(full);
      const PlaylistModel update = PlaylistReader::read(delta);
      CHECK(update.problems == std::vector<std::string>{});
      // Exactly the segments that end more than 12 s before the end are skipped (§6.2.5.1).
      // Counted in parts: segment n ends with part 6 (n + 1), and 12 s are 36 parts.
      std::uint64_t skippable = 0;
      for (const ListedSegment& segment : expected.segments) {
        if (i + 1 - 6 * (static_cast<int>(segment.msn) + 1) > 36) ++skippable;
      }
      CHECK(update.skipped == skippable);
      if (skippable == 0) {
        CHECK(delta == full);  // SKIPPED-SEGMENTS=0 would only confuse players.
        continue;
      }
      ++deltas;
      for (const std::string& had : {earlier.front(), earlier.back()}) {
        const auto merged = merge_delta(PlaylistReader::read(had), update);
        REQUIRE(merged);
        CHECK(merged->segments == expected.segments);
        CHECK(merged->date_ranges == expected.date_ranges);
        CHECK(merged->hints == expected.hints);
        CHECK(merged->reports == expected.reports);
      }
    }
  }
  CHECK(deltas > 300);
}

TEST_CASE("a delta update that skips date ranges keeps the new and names the removed") {
  Presentation p({.window_segments = 8});
  p.store->set_on_air("s1", "Ada", kWallStart);
  p.store->set_on_air("s2", "Bob", kWallStart + 1s);
  p.segments(8);
  p.store->set_on_air("s3", "Cy", kWallStart + 16s);
  p.segments(1);
  const auto ids = [&](Form form) {
    std::vector<std::string> all;
    for (const auto& line :
         matching(render_media_playlist(*p.snapshot(), 0, form), "#EXT-X-DATERANGE")) {
      all.push_back(attribute(line, "X-SPEAKER") + "/" + attribute(line, "END-DATE"));
    }
    return all;
  };
  // Ada's range is out of the window; Bob's start was announced 18 s ago, its end and Cy 2 s ago.
  const std::string end = "(none)/2026-11-22T13:00:16.000Z";
  CHECK(ids(Form::kFull) == std::vector<std::string>{"s2/(none)", end, "s3/(none)"});
  CHECK(ids(Form::kDelta) == ids(Form::kFull));
  CHECK(ids(Form::kDeltaWithDateRanges) == std::vector<std::string>{end, "s3/(none)"});

  std::string text = render_media_playlist(*p.snapshot(), 0, Form::kDeltaWithDateRanges);
  CHECK_THAT(text, Catch::Contains("#EXT-X-VERSION:10\n"));  // §8
  CHECK_THAT(text, Catch::Contains("#EXT-X-SKIP:SKIPPED-SEGMENTS=1,"
                                   "RECENTLY-REMOVED-DATERANGES=\"on-air-1795352400000-1\"\n"));
  p.segments(15);  // No longer recent, but the attribute stays required (§4.4.5.2).
  text = render_media_playlist(*p.snapshot(), 0, Form::kDeltaWithDateRanges);
  CHECK_THAT(text, Catch::Contains("RECENTLY-REMOVED-DATERANGES=\"\"\n"));
}

TEST_CASE("values print as the grammar has them") {
  CHECK(part_duration_text(333'333'333ns) == "0.333334");
  CHECK(part_duration_text(341'999'999ns) == "0.342000");
  CHECK(part_duration_text(1s) == "1.000000");
  CHECK(duration_text(0s) == "0.00000");
  CHECK(duration_text(341'333'333ns) == "0.34133");
  CHECK(duration_text(1'999'995'000ns) == "2.00000");
  CHECK(duration_text(12s + 10us) == "12.00001");
  CHECK(milliseconds_text(1026ms) == "1.026");
  CHECK(wall_time_text(kWallStart + 999'499us) == "2026-11-22T13:00:00.999Z");
  CHECK(wall_time_text(kWallStart + 1'999'999us) == "2026-11-22T13:00:02.000Z");
  CHECK(wall_time_text(WallTime{} - 1ms) == "1969-12-31T23:59:59.999Z");

  const std::pair<const char*, const char*> quoted[] = {
      {"Zoë 李小龍", "Zoë 李小龍"},
      {"a\"b", "a'b"},
      {"a\r\nb\tc\x7f", "abc"},
      {"a\xc2\x85"
       "b",
       "ab"},
      {"{$x}", "{\uff04x}"},
      {"a\xff"
       "b",
       "a\ufffd"
       "b"},
      {"\xc3", "\ufffd"},
      {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},  // A surrogate.
      {"\xf0\x9f\x98\x80\xf0\x9f", "\U0001f600\ufffd\ufffd"},
      {"{\x01$x}", "{\uff04x}"},
      {"$5 {x}", "$5 {x}"},
  };
  for (const auto& [in, out] : quoted) CHECK(quotable(in) == out);
}
