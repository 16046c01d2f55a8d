// Playlists as bytes to send: each form of each rendition is rendered and compressed once per
// snapshot, however many wait for it. Holds one snapshot's playlists. Lives on the server's loop.
#pragma once

#include <compare>
#include <cstdint>
#include <map>

#include "base/bytes.h"
#include "hls/media_playlist.h"
#include "hls/store.h"

namespace spacecast::origin {

class PlaylistCache {
 public:
  enum class Kind { kMultivariant, kMedia, kIFrame };
  struct Key {
    Kind kind = Kind::kMultivariant;
    std::size_t rendition = 0;  // 0 of the multivariant playlist.
    hls::MediaPlaylistForm form = hls::MediaPlaylistForm::kFull;
    bool gzipped = false;
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  [[nodiscard]] Bytes get(const hls::Snapshot& snapshot, Key key);

  [[nodiscard]] std::uint64_t rendered() const { return rendered_; }

 private:
  std::uint64_t version_ = 0;
  std::map<Key, Bytes> bytes_;
  std::uint64_t rendered_ = 0;
};

}  // namespace spacecast::origin
