// Playlists as bytes to send: each form of each rendition is rendered and compressed once per
// snapshot, however many wait for it. Lives on the server's loop.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <tuple>

#include "base/bytes.h"
#include "hls/media_playlist.h"
#include "hls/store.h"

namespace spacecast::origin {

class PlaylistCache {
 public:
  [[nodiscard]] Bytes media(const hls::Snapshot& snapshot, std::size_t rendition,
                            hls::MediaPlaylistForm form, bool gzipped);
  [[nodiscard]] Bytes multivariant(const hls::Snapshot& snapshot, bool gzipped);

  [[nodiscard]] std::uint64_t rendered() const { return rendered_; }

 private:
  // The multivariant playlist is filed under a rendition that does not exist.
  using Key = std::tuple<std::size_t, hls::MediaPlaylistForm, bool>;
  static constexpr std::size_t kMultivariant = SIZE_MAX;

  [[nodiscard]] Bytes get(const hls::Snapshot& snapshot, Key key);

  std::uint64_t version_ = 0;
  std::map<Key, Bytes> bytes_;
  std::uint64_t rendered_ = 0;
};

// Whole segments, which only late joiners fetch: the last few asked for, put together once.
class SegmentCache {
 public:
  [[nodiscard]] Bytes get(const std::shared_ptr<const hls::Segment>& segment);

 private:
  static constexpr std::size_t kCapacity = 8;
  struct Entry {
    std::shared_ptr<const hls::Segment> segment;
    Bytes bytes;
  };
  std::deque<Entry> entries_;  // Newest first.
};

}  // namespace spacecast::origin
