#include "hls/i_frame_playlist.h"

#include "hls/names.h"
#include "hls/playlist_text.h"
#include "hls/playlist_writer.h"

namespace spacecast::hls {

std::string render_i_frame_playlist(const Snapshot& snapshot, std::size_t rendition,
                                    MediaPlaylistForm form) {
  PlaylistWriter out(snapshot, rendition, PlaylistWriter::Kind::kIFrames, form);
  out.header();
  for (const auto& segment : out.segments()) {
    out.open_segment(*segment);
    // The frame is had as a range of the segment, which an incomplete one does not answer.
    const std::uint32_t size = segment->available() ? segment->parts.front().i_frame_size : 0;
    if (size == 0) out.line("#EXT-X-GAP");
    // §4.4.3.6: the time to the next I-frame, which opens the next segment.
    out.line("#EXTINF:{},", duration_text(segment->duration()));
    // From the start of the resource: with the movie fragment's header, as Apple's authoring
    // specification asks (6.11).
    if (size > 0) out.line("#EXT-X-BYTERANGE:{}@0", size);
    out.line("{}", segment_name(*out.state().info, segment->msn));
  }
  out.date_ranges();
  out.footer();
  return out.take();
}

}  // namespace spacecast::hls
