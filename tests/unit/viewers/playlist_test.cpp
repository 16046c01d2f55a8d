// Goal: of a playlist a viewer learns what there is to load and what to ask for next, and a text
// that is none is refused.
#include "viewers/playlist.h"

#include <catch2/catch.hpp>

using namespace spacecast;
using namespace spacecast::viewers;

TEST_CASE("the first variant and the sound that goes with it are taken") {
  const auto playlist = parse_multivariant_playlist(
      "#EXTM3U\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"other\",NAME=\"x, y\",URI=\"wrong.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Program\",URI=\"a0.m3u8\"\r\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=2200000,CODECS=\"avc1.4d401f,mp4a.40.2\",AUDIO=\"audio\"\n"
      "v0.m3u8\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=100000,AUDIO=\"audio\"\n"
      "a0.m3u8\n");
  REQUIRE(playlist);
  CHECK(playlist->video == "v0.m3u8");
  CHECK(playlist->audio == "a0.m3u8");
}

TEST_CASE("segments, parts and the segment in the making are numbered") {
  const auto playlist = parse_media_playlist(
      "#EXTM3U\n"
      "#EXT-X-TARGETDURATION:2\n"
      "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,CAN-SKIP-DATERANGES=YES,PART-"
      "HOLD-BACK=1.026\n"
      "#EXT-X-PART-INF:PART-TARGET=0.342\n"
      "#EXT-X-MEDIA-SEQUENCE:40\n"
      "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n"
      "#EXT-X-MAP:URI=\"init.mp4\"\n"
      "#EXTINF:2.00000,\n"
      "v/43.m4s\n"
      "#EXT-X-PART:DURATION=0.33334,URI=\"v/44.0.m4s\",INDEPENDENT=YES\n"
      "#EXT-X-PART:DURATION=0.33334,URI=\"v/44.1.m4s\",GAP=YES\n"
      "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"v/44.2.m4s\"\n");
  REQUIRE(playlist);
  CHECK(playlist->hold_back == 1.026);
  CHECK(playlist->part_target == 0.342);
  CHECK(playlist->skips);
  CHECK(playlist->skips_dates);
  CHECK_FALSE(playlist->ended);
  CHECK(playlist->init == "init.mp4");
  REQUIRE(playlist->segments.size() == 2);
  CHECK(playlist->segments[0].sequence == 43);
  CHECK(playlist->segments[0].duration == 2);
  const Segment& last = playlist->segments[1];
  CHECK(last.sequence == 44);
  CHECK(last.uri.empty());
  REQUIRE(last.parts.size() == 2);
  CHECK(last.parts[0].independent);
  CHECK(last.parts[0].uri == "v/44.0.m4s");
  CHECK(last.parts[1].gap);
}

TEST_CASE("what is no low-latency playlist is refused") {
  CHECK(parse_media_playlist("").error().code == ErrorCode::kInvalidArgument);
  CHECK(parse_media_playlist("<html>").error().code == ErrorCode::kInvalidArgument);
  CHECK(parse_media_playlist("#EXTM3U\n#EXTINF:6,\nx.ts\n").error().code ==
        ErrorCode::kUnsupported);
  CHECK(parse_multivariant_playlist("#EXTM3U\n").error().code == ErrorCode::kInvalidArgument);
  CHECK(parse_media_playlist(std::string(kPlaylistBytesMax + 1, '#')).error().code ==
        ErrorCode::kLimit);
}

TEST_CASE("attributes that are cut off or have no value do no harm") {
  for (const char* line :
       {"#EXT-X-PART:DURATION", "#EXT-X-PART:URI=\"", "#EXT-X-PART:=,=,", "#EXT-X-MAP",
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=99999999999999999999999", "#EXTINF:", "#EXT-X-PART"}) {
    const auto playlist =
        parse_media_playlist(std::string("#EXTM3U\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n#"
                                         "EXT-X-PART-INF:PART-TARGET=1\n") +
                             line);
    CHECK(playlist);
  }
}
