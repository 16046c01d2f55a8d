#include "origin/playlist_cache.h"

#include <algorithm>
#include <string>

#include "hls/multivariant_playlist.h"
#include "hls/reload.h"
#include "http/gzip.h"

namespace spacecast::origin {

Bytes PlaylistCache::media(const hls::Snapshot& snapshot, std::size_t rendition,
                           hls::MediaPlaylistForm form, bool gzipped) {
  return get(snapshot, {rendition, form, gzipped});
}

Bytes PlaylistCache::multivariant(const hls::Snapshot& snapshot, bool gzipped) {
  return get(snapshot, {kMultivariant, hls::MediaPlaylistForm::kFull, gzipped});
}

Bytes PlaylistCache::get(const hls::Snapshot& snapshot, Key key) {
  if (snapshot.version != version_) {
    version_ = snapshot.version;
    bytes_.clear();
  }
  const auto [entry, is_new] = bytes_.try_emplace(key);
  if (!is_new) return entry->second;

  const auto [rendition, form, gzipped] = key;
  if (gzipped) {
    const Bytes plain = get(snapshot, {rendition, form, false});
    entry->second = http::gzip(as_text(*plain));
  } else {
    ++rendered_;
    entry->second = make_bytes(rendition == kMultivariant
                                   ? hls::render_multivariant_playlist(snapshot)
                                   : hls::render_media_playlist(snapshot, rendition, form));
  }
  return entry->second;
}

Bytes SegmentCache::get(const std::shared_ptr<const hls::Segment>& segment) {
  auto found = std::ranges::find(entries_, segment, &Entry::segment);
  if (found == entries_.end()) {
    if (entries_.size() == kCapacity) entries_.pop_back();
    entries_.push_front({.segment = segment, .bytes = hls::segment_bytes(*segment)});
    found = entries_.begin();
  }
  return found->bytes;
}

}  // namespace spacecast::origin
