#include "hls/multivariant_playlist.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "hls/names.h"
#include "hls/playlist_text.h"

namespace spacecast::hls {
namespace {

using Infos = std::vector<const RenditionInfo*>;

Infos of_kind(const Snapshot& snapshot, MediaKind kind) {
  Infos infos;
  for (const RenditionState& state : snapshot.renditions) {
    if (state.info->kind == kind) infos.push_back(state.info.get());
  }
  return infos;
}

// §4.4.6.1. The program's sound is what people happen to speak: "und".
void audio_group(std::string& text, const Infos& audio) {
  for (std::size_t i = 0; i < audio.size(); ++i) {
    const RenditionInfo& info = *audio[i];
    fmt::format_to(std::back_inserter(text),
                   "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"{}\",LANGUAGE=\"und\","
                   "DEFAULT={},AUTOSELECT=YES,CHANNELS=\"{}\",URI=\"{}\"\n",
                   i == 0 ? std::string("Program") : fmt::format("Program {}", i + 1),
                   i == 0 ? "YES" : "NO", info.channels, playlist_name(info));
  }
}

// §4.4.6.2: rates and codecs of a variant are those of all that plays at a time: `main` and one
// rendition of the group, which may be `main` itself.
void variant(std::string& text, const RenditionInfo& main, const Infos& group) {
  const bool adds_to_group = std::ranges::find(group, &main) == group.end();
  std::string codecs = main.codecs;
  std::uint64_t peak = 0, average = 0;
  for (const RenditionInfo* info : group) {
    peak = std::max<std::uint64_t>(peak, info->bandwidth);
    average = std::max<std::uint64_t>(average, info->average_bandwidth);
    if (codecs.find(info->codecs) == std::string::npos) codecs += "," + info->codecs;
  }
  if (adds_to_group) {
    peak += main.bandwidth;
    average += main.average_bandwidth;
  }
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{}\"", peak,
                 average, quotable(codecs));
  if (main.kind == MediaKind::kVideo) {
    fmt::format_to(out, ",RESOLUTION={}x{}", main.width, main.height);
    // Zero is a rate that varies: the attribute is optional, a wrong value is not.
    if (main.frame_rate > 0) fmt::format_to(out, ",FRAME-RATE={:.3f}", main.frame_rate);
    text += ",VIDEO-RANGE=SDR";
  }
  // On all variants or on none, those without video too.
  text += ",CLOSED-CAPTIONS=NONE";
  if (!group.empty()) text += ",AUDIO=\"audio\"";
  fmt::format_to(out, "\n{}\n", playlist_name(main));
}

// §4.4.6.3. One picture every target duration; the encoder's buffer holds one second, so that no
// picture has more bits than go out in a second.
void i_frame_variant(std::string& text, const RenditionInfo& video,
                     std::uint32_t target_duration_s) {
  const std::uint32_t bandwidth =
      video.bandwidth / target_duration_s + (video.bandwidth % target_duration_s ? 1 : 0);
  fmt::format_to(std::back_inserter(text),
                 "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={},CODECS=\"{}\",RESOLUTION={}x{},"
                 "VIDEO-RANGE=SDR,URI=\"{}\"\n",
                 bandwidth, quotable(video.codecs), video.width, video.height,
                 i_frame_playlist_name(video));
}

}  // namespace

std::string render_multivariant_playlist(const Snapshot& snapshot) {
  const Infos video = of_kind(snapshot, MediaKind::kVideo);
  const Infos audio = of_kind(snapshot, MediaKind::kAudio);
  // Every segment starts with an independent frame; said here once for all playlists (§4.4.2.1).
  std::string text = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n";
  if (video.empty()) {
    for (const RenditionInfo* info : audio) variant(text, *info, {});
    return text;
  }
  audio_group(text, audio);
  for (const RenditionInfo* info : video) variant(text, *info, audio);
  if (!audio.empty()) variant(text, *audio.front(), audio);
  for (const RenditionInfo* info : video) {
    i_frame_variant(text, *info, snapshot.config.target_duration_s);
  }
  return text;
}

}  // namespace spacecast::hls
