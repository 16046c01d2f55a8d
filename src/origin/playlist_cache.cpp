#include "origin/playlist_cache.h"

#include <string>

#include "hls/i_frame_playlist.h"
#include "hls/multivariant_playlist.h"
#include "http/gzip.h"

namespace spacecast::origin {
namespace {

std::string render(const hls::Snapshot& snapshot, const PlaylistCache::Key& key) {
  switch (key.kind) {
    case PlaylistCache::Kind::kMultivariant:
      return hls::render_multivariant_playlist(snapshot);
    case PlaylistCache::Kind::kMedia:
      return hls::render_media_playlist(snapshot, key.rendition, key.form);
    case PlaylistCache::Kind::kIFrame:
      return hls::render_i_frame_playlist(snapshot, key.rendition, key.form);
  }
  return {};
}

}  // namespace

Bytes PlaylistCache::get(const hls::Snapshot& snapshot, Key key) {
  if (snapshot.version != version_) {
    version_ = snapshot.version;
    bytes_.clear();
  }
  const auto [entry, is_new] = bytes_.try_emplace(key);
  if (!is_new) return entry->second;
  if (key.gzipped) {
    key.gzipped = false;
    entry->second = http::gzip(as_text(*get(snapshot, key)));
  } else {
    ++rendered_;
    entry->second = make_bytes(render(snapshot, key));
  }
  return entry->second;
}

}  // namespace spacecast::origin
