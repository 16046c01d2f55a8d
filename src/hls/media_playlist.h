// The media playlist of one rendition (RFC 8216bis §4.4), as text, from a snapshot.
//
// Pure: the same snapshot always gives the same text, in time proportional to what is listed. All
// renditions of a snapshot carry the same EXT-X-SERVER-CONTROL and the same date ranges (§6.2.4).
#pragma once

#include <cstddef>
#include <string>

#include "hls/store.h"

namespace spacecast::hls {

enum class MediaPlaylistForm {
  kFull,
  // Delta updates (§6.2.5.1): old segments skipped (_HLS_skip=YES), or old date ranges too (v2).
  // Where nothing is old enough, and once the presentation has ended, they are the full playlist.
  kDelta,
  kDeltaWithDateRanges,
  // For a file server, which can neither hold a request nor skip: complete segments only, those
  // that have neither bytes nor a file as EXT-X-GAP.
  kSegmentsOnly,
  // The same of a presentation that keeps everything from its start: EXT-X-PLAYLIST-TYPE is EVENT,
  // and VOD once it has ended (§4.4.3.5).
  kEvent,
};

[[nodiscard]] std::string render_media_playlist(const Snapshot& snapshot, std::size_t rendition,
                                                MediaPlaylistForm form = MediaPlaylistForm::kFull);

// CAN-SKIP-UNTIL (§4.4.3.8): a delta update skips what is further from the end than this.
[[nodiscard]] MediaTime skip_boundary(const StoreConfig& config);

}  // namespace spacecast::hls
