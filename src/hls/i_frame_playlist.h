// The I-frame playlist of a video rendition (RFC 8216bis §4.4.3.6): one picture for each complete
// segment, cut by byte range from the very bytes that are played, for seeking previews and fast
// forward. It costs neither an encoder nor memory.
//
// Every segment starts with an IDR frame and its entry here has the segment's own media sequence
// number, so _HLS_msn, the delta updates and the discontinuity sequence mean the same in both
// playlists and no second numbering has to be kept. A segment whose first frame cannot be had (part
// of it is missing, or it does not start with an IDR) is EXT-X-GAP here, so that the numbers have
// no hole.
#pragma once

#include <cstddef>
#include <string>

#include "hls/media_playlist.h"
#include "hls/store.h"

namespace spacecast::hls {

// Of a rendition of kind video. Pure, and in the forms of the media playlist.
[[nodiscard]] std::string render_i_frame_playlist(
    const Snapshot& snapshot, std::size_t rendition,
    MediaPlaylistForm form = MediaPlaylistForm::kFull);

}  // namespace spacecast::hls
