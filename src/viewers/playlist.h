// What a player reads of a playlist (RFC 8216bis §4.4): enough of it to play as hls.js does, and no
// more. Bounded: a text of more than kPlaylistBytesMax is refused unread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace spacecast::viewers {

constexpr std::size_t kPlaylistBytesMax = std::size_t{4} << 20;

struct Part {
  std::string uri;
  double duration = 0;  // Seconds.
  bool independent = false;
  bool gap = false;  // Nothing to load.
};

// A segment with its parts, as far as they are listed; the last one may be in the making, without a
// URI.
struct Segment {
  std::uint64_t sequence = 0;
  std::string uri;
  double duration = 0;  // Seconds; 0 in the making.
  bool gap = false;
  std::vector<Part> parts;
};

struct MediaPlaylist {
  double part_target = 0;  // Seconds; 0: no parts.
  double hold_back = 0;    // PART-HOLD-BACK, or three part targets.
  bool blocks = false;     // CAN-BLOCK-RELOAD.
  bool skips = false;      // CAN-SKIP-UNTIL is there.
  bool skips_dates = false;
  bool ended = false;
  std::string init;               // URI of the last EXT-X-MAP.
  std::vector<Segment> segments;  // Without the skipped ones.
};

struct MultivariantPlaylist {
  std::string video;  // URI of the first variant.
  std::string audio;  // Of the rendition it goes with; empty where it has none.
};

[[nodiscard]] Result<MultivariantPlaylist> parse_multivariant_playlist(std::string_view text);
[[nodiscard]] Result<MediaPlaylist> parse_media_playlist(std::string_view text);

}  // namespace spacecast::viewers
