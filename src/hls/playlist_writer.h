// What the media playlist and the I-frame playlist of a rendition have in common (RFC 8216bis
// §4.4.3 to §4.4.5): the header, delta updates, the tags in front of a segment, date ranges and
// rendition reports. Written from top to bottom by the two renderers, and used by nobody else.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "hls/media_playlist.h"
#include "hls/store.h"

namespace spacecast::hls {

class PlaylistWriter {
 public:
  enum class Kind { kMedia, kIFrames };
  using Segments = std::span<const std::shared_ptr<const Segment>>;

  // Borrows the snapshot.
  PlaylistWriter(const Snapshot& snapshot, std::size_t rendition, Kind kind,
                 MediaPlaylistForm form);

  [[nodiscard]] const RenditionState& state() const { return state_; }
  // Whether an origin answers it, one that knows delivery directives (§6.2.5).
  [[nodiscard]] bool low_latency() const {
    return form_ != MediaPlaylistForm::kSegmentsOnly && form_ != MediaPlaylistForm::kEvent;
  }
  // Those listed, without those that a delta update skips.
  [[nodiscard]] Segments segments() const { return listed_.subspan(skipped_); }

  template <typename... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }

  // Up to and with EXT-X-SKIP.
  void header();
  // EXT-X-DISCONTINUITY, EXT-X-MAP and EXT-X-PROGRAM-DATE-TIME: in front of the segment's first
  // part too (§4.4.4.9).
  void open_segment(const Segment& segment);
  void date_ranges();
  // The hint where there is one to give, EXT-X-ENDLIST, and what other playlists are up to.
  void footer();

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  [[nodiscard]] Segments listed() const;
  [[nodiscard]] std::size_t segments_to_skip() const;
  [[nodiscard]] bool skips_date_ranges() const;
  [[nodiscard]] bool is_skippable(MediaTime time, MediaTime end) const;
  [[nodiscard]] std::uint64_t discontinuity_sequence() const;
  void server_control();
  void skip();
  void preload_hints();
  void rendition_reports();

  const Snapshot& snapshot_;
  const RenditionState& state_;
  const std::size_t rendition_;
  const Kind kind_;
  const MediaPlaylistForm form_;
  const Segments listed_;
  const std::size_t skipped_;
  const InitSection* map_ = nullptr;  // In scope where the text ends.
  std::string text_;
};

}  // namespace spacecast::hls
