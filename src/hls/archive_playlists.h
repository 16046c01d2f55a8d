// The playlists in an archive's directory, kept in step with its record: for a window each is
// replaced as a whole, for a recording they grow until they become VOD.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "hls/archive.h"
#include "hls/event_playlist.h"
#include "hls/record.h"
#include "hls/store.h"

namespace spacecast::hls {

class ArchivePlaylists {
 public:
  explicit ArchivePlaylists(Archive::Keep keep) : keep_(keep) {}

  // The files are not what was written: each is written as a whole when its turn comes.
  void forget();

  // Lists the complete segments of a rendition, those of a window from `first_listed` on.
  [[nodiscard]] Result<void> list(const Record& record, const StoreConfig& config,
                                  std::size_t rendition, std::uint64_t first_listed, bool ended);
  // Writes the multivariant playlist once each rendition has something in its own.
  [[nodiscard]] Result<void> write_master(const Record& record, const std::string& text);
  // Of a recording that has ended: everything as VOD, and chapters.
  [[nodiscard]] Result<void> finish(const Record& record, const StoreConfig& config,
                                    std::string master);

 private:
  // What the files of a rendition list.
  struct Listed {
    std::vector<EventPlaylist> event;  // Of a recording: media, then I-frames where it is video.
    std::optional<std::uint64_t> first, last;
  };

  [[nodiscard]] static Result<void> write_window(const Record& record, const StoreConfig& config,
                                                 std::size_t rendition, std::uint64_t first_listed,
                                                 bool ended);
  [[nodiscard]] static std::vector<EventPlaylist> event_playlists(const Record& record,
                                                                  std::size_t rendition);

  const Archive::Keep keep_;
  std::vector<Listed> listed_;
  std::string master_;
};

}  // namespace spacecast::hls
