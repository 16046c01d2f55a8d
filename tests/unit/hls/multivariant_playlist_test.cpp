// Goal: players choose and set up decoders from the multivariant playlist alone.
// Method: whole playlists for video with audio, for video alone and for audio alone. A ladder line
// by line: golden_playlist_test.cpp.
#include "hls/multivariant_playlist.h"

#include "presentation.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;

namespace {

std::string render(std::vector<RenditionInfo> renditions) {
  const auto store = Store::create({}).value();
  for (RenditionInfo& info : renditions) add(*store, std::move(info));
  return render_multivariant_playlist(*store->snapshot());
}

const std::string kHeader = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n";

}  // namespace

TEST_CASE("video and audio: the video with an audio group, the sound alone, the I-frames") {
  // §4.4.6.2.1: rates and codecs include those of the group. The sound alone is of the group too
  // (§9.6), so that players know that it is no other sound.
  CHECK(render({video_info(), audio_info()}) ==
        kHeader +
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Program\",LANGUAGE=\"und\","
            "DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"a0.m3u8\"\n"
            "#EXT-X-STREAM-INF:BANDWIDTH=2640000,AVERAGE-BANDWIDTH=2130000,"
            "CODECS=\"avc1.42c01f,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=30.000,"
            "VIDEO-RANGE=SDR,CLOSED-CAPTIONS=NONE,AUDIO=\"audio\"\nv0.m3u8\n"
            "#EXT-X-STREAM-INF:BANDWIDTH=140000,AVERAGE-BANDWIDTH=130000,CODECS=\"mp4a.40.2\","
            "CLOSED-CAPTIONS=NONE,AUDIO=\"audio\"\na0.m3u8\n"
            "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1250000,CODECS=\"avc1.42c01f\","
            "RESOLUTION=1280x720,VIDEO-RANGE=SDR,URI=\"v0.iframes.m3u8\"\n");
}

TEST_CASE("video alone: no group, and no frame rate where it varies") {
  RenditionInfo video = video_info();
  video.frame_rate = 0;
  CHECK(render({video}) ==
        kHeader +
            "#EXT-X-STREAM-INF:BANDWIDTH=2500000,AVERAGE-BANDWIDTH=2000000,CODECS=\"avc1.42c01f\","
            "RESOLUTION=1280x720,VIDEO-RANGE=SDR,CLOSED-CAPTIONS=NONE\nv0.m3u8\n"
            "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1250000,CODECS=\"avc1.42c01f\","
            "RESOLUTION=1280x720,VIDEO-RANGE=SDR,URI=\"v0.iframes.m3u8\"\n");
}

TEST_CASE("audio alone is the variant") {
  CHECK(render({audio_info()}) ==
        kHeader +
            "#EXT-X-STREAM-INF:BANDWIDTH=140000,AVERAGE-BANDWIDTH=130000,CODECS=\"mp4a.40.2\","
            "CLOSED-CAPTIONS=NONE\na0.m3u8\n");
}

TEST_CASE("a ladder keeps the order in which it was added") {
  RenditionInfo small = video_info();
  small.name = "v1";
  small.bandwidth = 800'001;
  const std::string text = render({video_info(), audio_info(), small});
  std::vector<std::string> uris;
  for (const std::string& line : lines_of(text)) {
    if (!line.starts_with('#')) uris.push_back(line);
  }
  CHECK(uris == std::vector<std::string>{"v0.m3u8", "v1.m3u8", "a0.m3u8"});
  // Half the bits of a second each two seconds, rounded up.
  CHECK_THAT(text, Catch::Contains("#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=400001,"));
}

TEST_CASE("a second audio rendition has a name of its own and is no default") {
  RenditionInfo second = audio_info();
  second.name = "a1";
  second.bandwidth = 200'000;
  const std::string text = render({video_info(), audio_info(), second});
  CHECK_THAT(text,
             Catch::Contains("NAME=\"Program 2\",LANGUAGE=\"und\",DEFAULT=NO,AUTOSELECT=YES"));
  CHECK_THAT(text, Catch::Contains("BANDWIDTH=2700000,"));
  CHECK_THAT(text, Catch::Contains("CODECS=\"avc1.42c01f,mp4a.40.2\","));
}
