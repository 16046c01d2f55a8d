// Goal: media playlists follow RFC 8216bis line by line and over time.
// Method: golden playlists with the rule beside each line; then rules checked over every snapshot
// of a running presentation; delta updates merged as a player does and compared with the full
// playlist.
#include "hls/media_playlist.h"

#include <map>
#include <regex>

#include "hls/playlist_text.h"
#include "presentation.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace std::chrono_literals;
using Form = MediaPlaylistForm;

namespace {

struct GoldenLine {
  const char* text;
  const char* rule;
};

template <std::size_t N>
void check_golden(const std::string& text, const GoldenLine (&golden)[N]) {
  const auto lines = lines_of(text);
  for (std::size_t i = 0; i < std::min(N, lines.size()); ++i) {
    INFO("line " << i + 1 << ": " << golden[i].rule);
    CHECK(lines[i] == golden[i].text);
  }
  CHECK(lines.size() == N);
}

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

TEST_CASE("a live playlist in the middle of a segment") {
  Presentation p({.window_segments = 6, .first_msn = 26418});
  p.segments(7);
  p.parts(2);
  check_golden(
      render_media_playlist(*p.snapshot(), 0),
      {{"#EXTM3U", "§4.4.1.1"},
       {"#EXT-X-VERSION:9", "§8: delta updates of it use EXT-X-SKIP"},
       {"#EXT-X-TARGETDURATION:2", "§4.4.3.1"},
       {"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.026,HOLD-BACK=6.0,"
        "CAN-SKIP-UNTIL=12.0,CAN-SKIP-DATERANGES=YES",
        "§4.4.3.8: 3 part targets, 3 and 6 target durations"},
       {"#EXT-X-PART-INF:PART-TARGET=0.342", "§4.4.3.7"},
       {"#EXT-X-MEDIA-SEQUENCE:26419", "§6.2.2: one segment removed"},
       {"#EXT-X-DISCONTINUITY-SEQUENCE:0", "§4.4.3.3"},
       {"#EXT-X-MAP:URI=\"v0/init-1.mp4\"", "§4.4.4.5: before the first part"},
       {"#EXT-X-PROGRAM-DATE-TIME:2026-11-22T13:00:02.000Z", "§4.4.4.6"},
       {"#EXTINF:2.00000,", "§4.4.4.1"},
       {"v0/26419.m4s", "no parts: over 3 target durations old (§6.2.2)"},
       {"#EXT-X-PROGRAM-DATE-TIME:2026-11-22T13:00:04.000Z", ""},
       {"#EXTINF:2.00000,", ""},
       {"v0/26420.m4s", ""},
       {"#EXT-X-PROGRAM-DATE-TIME:2026-11-22T13:00:06.000Z", ""},
       {"#EXTINF:2.00000,", ""},
       {"v0/26421.m4s", ""},
       {"#EXT-X-PROGRAM-DATE-TIME:2026-11-22T13:00:08.000Z", "before the parts (§4.4.4.9)"},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26422.0.m4s\",INDEPENDENT=YES", "§4.4.4.9"},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26422.1.m4s\"", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26422.2.m4s\"", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26422.3.m4s\"", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26422.4.m4s\"", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26422.5.m4s\"", ""},
       {"#EXTINF:2.00000,", "after its parts (§3.2)"},
       {"v0/26422.m4s", ""},
       {"#EXT-X-PROGRAM-DATE-TIME:2026-11-22T13:00:10.000Z", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26423.0.m4s\",INDEPENDENT=YES", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26423.1.m4s\"", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26423.2.m4s\"", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26423.3.m4s\"", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26423.4.m4s\"", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26423.5.m4s\"", ""},
       {"#EXTINF:2.00000,", ""},
       {"v0/26423.m4s", ""},
       {"#EXT-X-PROGRAM-DATE-TIME:2026-11-22T13:00:12.000Z", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26424.0.m4s\",INDEPENDENT=YES", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26424.1.m4s\"", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26424.2.m4s\"", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26424.3.m4s\"", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26424.4.m4s\"", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26424.5.m4s\"", ""},
       {"#EXTINF:2.00000,", ""},
       {"v0/26424.m4s", ""},
       {"#EXT-X-PROGRAM-DATE-TIME:2026-11-22T13:00:14.000Z", "of the segment in progress"},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26425.0.m4s\",INDEPENDENT=YES", ""},
       {"#EXT-X-PART:DURATION=0.33333,URI=\"v0/26425.1.m4s\"", ""},
       {"#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"v0/26425.2.m4s\"", "§4.4.5.3"},
       {"#EXT-X-RENDITION-REPORT:URI=\"a0.m3u8\",LAST-MSN=26425,LAST-PART=1", "§4.4.5.4"},
       {"#EXT-X-RENDITION-REPORT:URI=\"v0.iframes.m3u8\",LAST-MSN=26424", "Appendix B.1"}});
}

TEST_CASE("missing media keeps the timeline and says so") {
  Presentation p;
  p.video.parts(5);
  p.video.part(/*gap=*/true);
  const std::string text = render_media_playlist(*p.snapshot(), 0);
  // §6.2.1: GAP=YES for the part, EXT-X-GAP for the segment, and the durations as if it were there.
  CHECK_THAT(text, Catch::Contains("#EXT-X-PART:DURATION=0.33333,URI=\"v0/0.5.m4s\",GAP=YES\n"
                                   "#EXT-X-GAP\n#EXTINF:2.00000,\nv0/0.m4s\n"));
}

TEST_CASE("an ended playlist has an end and no hint") {
  Presentation p;
  p.segments(2);
  p.parts(1);
  p.store->end();
  for (const Form form : {Form::kFull, Form::kDelta, Form::kDeltaWithDateRanges}) {
    const std::string text = render_media_playlist(*p.snapshot(), 0, form);
    CHECK(matching(text, "#EXT-X-ENDLIST").size() == 1);
    CHECK(matching(text, "#EXT-X-PRELOAD-HINT").empty());
    CHECK_THAT(text, Catch::Contains("#EXTINF:0.33333,\nv0/2.m4s\n"));
  }
}

TEST_CASE("a file server's playlist lists complete segments and promises nothing else") {
  Presentation p;
  p.segments(1);
  p.parts(3);
  check_golden(render_media_playlist(*p.snapshot(), 0, Form::kSegmentsOnly),
               {{"#EXTM3U", "§4.4.1.1"},
                {"#EXT-X-VERSION:6", "§8: EXT-X-MAP"},
                {"#EXT-X-TARGETDURATION:2", ""},
                {"#EXT-X-MEDIA-SEQUENCE:0", ""},
                {"#EXT-X-DISCONTINUITY-SEQUENCE:0", ""},
                {"#EXT-X-MAP:URI=\"v0/init-1.mp4\"", ""},
                {"#EXT-X-PROGRAM-DATE-TIME:2026-11-22T13:00:00.000Z", ""},
                {"#EXTINF:2.00000,", ""},
                {"v0/0.m4s", ""}});
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
  CHECK_THAT(render_media_playlist(*store->snapshot(), 0), Catch::Contains("DURATION=0.34200,"));
}

TEST_CASE("a delta update merged into the last full playlist is the full playlist") {
  Presentation p;
  p.store->set_on_air("s1", "Ada", kWallStart);
  int deltas = 0;
  for (int i = 0; i < 150; ++i) {
    p.part();
    if (i % 20 == 10) {
      p.store->set_on_air(i % 40 == 10 ? "s2" : "s1", "x", kWallStart + i * 333ms);
    }
    const std::string full = render_media_playlist(*p.snapshot(), 0);
    const std::string delta = render_media_playlist(*p.snapshot(), 0, Form::kDelta);
    const auto skips = matching(delta, "#EXT-X-SKIP");
    if (skips.empty()) {
      CHECK(delta == full);  // SKIPPED-SEGMENTS=0 would only confuse players.
      continue;
    }
    ++deltas;
    REQUIRE(skips.size() == 1);
    // Exactly the segments that end more than 12 s before the end are skipped (§6.2.5.1).
    // Counted in parts: segment n ends with part 6 (n + 1), and 12 s are 36 parts.
    const int first = std::stoi(matching(full, "#EXT-X-MEDIA-SEQUENCE")[0].substr(22));
    int expected = 0;
    while (i + 1 - 6 * (first + expected + 1) > 36) ++expected;
    CHECK(std::stoi(attribute(skips[0], "SKIPPED-SEGMENTS")) == expected);

    // A player puts what it skipped back in: three lines a segment, after the header.
    const auto full_lines = lines_of(full);
    std::string merged;
    for (const std::string& line : lines_of(delta)) {
      if (!line.starts_with("#EXT-X-SKIP")) {
        merged += line + "\n";
        continue;
      }
      const std::size_t begin = lines_of(merged).size();
      for (std::size_t k = 0; k < 3 * static_cast<std::size_t>(expected); ++k) {
        merged += full_lines[begin + k] + "\n";
      }
    }
    CHECK(merged == full);
  }
  CHECK(deltas > 80);
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
      {"{\x01$x}", "{\uff04x}"},
      {"$5 {x}", "$5 {x}"},
  };
  for (const auto& [in, out] : quoted) CHECK(quotable(in) == out);
}
