// A playlist file of a presentation that keeps everything: it only ever grows.
//
// After six hours an archive's playlist is a megabyte. Written anew for every segment that would be
// more bytes than the media, so what is new is appended, as RFC 8216bis §4.4.3.5 says of
// EXT-X-PLAYLIST-TYPE:EVENT: nothing that is there changes. What a file server reads at the same
// time is whole lines (§6.2.1 wants changes to be atomic): an append never crosses a page of the
// file, as Linux makes the bytes of a page visible together; where it would, a comment fills up the
// page first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "hls/media_playlist.h"
#include "hls/record.h"

namespace spacecast::hls {

class EventPlaylist {
 public:
  using Render = std::string (*)(const Snapshot&, std::size_t rendition, MediaPlaylistForm);

  EventPlaylist(std::filesystem::path path, Render render, std::size_t rendition)
      : path_(std::move(path)), render_(render), rendition_(rendition) {}

  // Makes the file list all complete segments of the record and the ranges on air; on failure
  // (as append_to_file) the next call goes on.
  [[nodiscard]] Result<void> update(const Record& record, const StoreConfig& config);
  // The file is not what was written: the next update writes all of it.
  void forget() { listed_ = 0; }
  // Replaces it by that of the whole presentation, which has ended.
  [[nodiscard]] Result<void> finish(const Snapshot& ended);

 private:
  // The part of a presentation that a growth of the text is about.
  struct Listed {
    std::span<const std::shared_ptr<const Segment>> segments;
    std::vector<DateRange> ranges;
  };
  [[nodiscard]] std::string text(const Record& record, const StoreConfig& config,
                                 const Listed& listed) const;
  [[nodiscard]] Result<void> rewrite(const Record& record, const StoreConfig& config);
  [[nodiscard]] Result<void> grow(std::string_view before, std::string_view after);
  [[nodiscard]] Result<void> list_segment(const Record& record, const StoreConfig& config);
  [[nodiscard]] Result<void> list_ranges(const Record& record, const StoreConfig& config);
  void note_ranges(const std::vector<DateRange>& ranges);

  std::filesystem::path path_;
  Render render_;
  std::size_t rendition_;
  std::uint64_t size_ = 0;           // Of the file.
  std::size_t listed_ = 0;           // Segments.
  std::size_t ranges_ = 0;           // Ranges on air,
  bool last_range_is_open_ = false;  // the last one of them without its end.
};

}  // namespace spacecast::hls
