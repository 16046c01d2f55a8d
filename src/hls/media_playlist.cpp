#include "hls/media_playlist.h"

#include <algorithm>

#include "hls/names.h"
#include "hls/playlist_text.h"
#include "hls/playlist_writer.h"

namespace spacecast::hls {
namespace {

using std::chrono::seconds;

void write_parts(PlaylistWriter& out, const Segment& segment, MediaTime part_target) {
  for (std::size_t i = 0; i < segment.parts.size(); ++i) {
    const Part& part = segment.parts[i];
    // Players refuse a whole playlist for one part above the target (§4.4.4.9).
    const MediaTime duration = std::min(part.duration, part_target);
    out.line("#EXT-X-PART:DURATION={},URI=\"{}\"{}{}", part_duration_text(duration),
             part_name(*out.state().info, {segment.msn, i}),
             part.independent ? ",INDEPENDENT=YES" : "", part.gap ? ",GAP=YES" : "");
  }
}

}  // namespace

MediaTime skip_boundary(const StoreConfig& config) {
  return 6 * seconds(config.target_duration_s);
}

std::string render_media_playlist(const Snapshot& snapshot, std::size_t rendition,
                                  MediaPlaylistForm form) {
  const StoreConfig& config = snapshot.config;
  PlaylistWriter out(snapshot, rendition, PlaylistWriter::Kind::kMedia, form);
  out.header();
  for (const auto& segment : out.segments()) {
    out.open_segment(*segment);
    // §6.2.2: parts go once they are three target durations old; those of a segment together, as
    // players count a part's index from its segment's first.
    if (out.low_latency() &&
        out.state().edge() - segment->end() < 3 * seconds(config.target_duration_s)) {
      write_parts(out, *segment, config.part_target);
    }
    if (!segment->complete) continue;
    if (!segment->available()) out.line("#EXT-X-GAP");
    out.line("#EXTINF:{},", duration_text(segment->duration()));
    out.line("{}", segment_name(*out.state().info, segment->msn));
  }
  out.date_ranges();
  out.footer();
  return out.take();
}

}  // namespace spacecast::hls
