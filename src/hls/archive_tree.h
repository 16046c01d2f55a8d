// The directory of an archive, and how it becomes what the store says: media, then the journal,
// then playlists.
// Blocks on the disk: lives on the archive's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "hls/archive.h"
#include "hls/archive_playlists.h"
#include "hls/record.h"
#include "hls/store.h"

namespace spacecast::hls {

class ArchiveTree {
 public:
  // A complete segment of a rendition lies in that file.
  using OnFile = std::function<void(std::size_t rendition, std::uint64_t msn,
                                    const std::filesystem::path& file)>;

  // What a snapshot has that is not written yet: holds the bytes of that and of nothing else.
  struct Change {
    struct Rendition {
      std::shared_ptr<const RenditionInfo> info;
      std::shared_ptr<const InitSection> init;
      std::vector<std::shared_ptr<const Segment>> segments;
      std::uint64_t first_held = 0, first_listed = 0;  // Media sequence numbers.
    };
    StoreConfig config;
    std::vector<Rendition> renditions;
    std::vector<DateRange> date_ranges;
    std::string master;
    bool ended = false;
  };

  ArchiveTree(Record record, Archive::Keep keep, Archive::Counts& counts, OnFile on_file);

  [[nodiscard]] History history() const;
  [[nodiscard]] Change make_change(const Snapshot& snapshot) const;
  // Goes as far as the disk lets it, each rendition for itself; the first failure is returned. What
  // is left out comes with the next change.
  [[nodiscard]] Result<void> write(const Change& change);

 private:
  [[nodiscard]] Result<void> rebuild();
  [[nodiscard]] Result<void> write_all(const Change& change);
  [[nodiscard]] Result<void> add_renditions(const Change& change);
  [[nodiscard]] Result<void> add_init(std::size_t rendition,
                                      const std::shared_ptr<const InitSection>& init);
  [[nodiscard]] Result<void> note_date_ranges(const Change& change);
  [[nodiscard]] Result<void> write_segments(const Change& change, std::size_t rendition);
  [[nodiscard]] Result<void> write_part(std::size_t rendition, const Segment& segment,
                                        std::size_t part);
  [[nodiscard]] Result<void> remove_old(const Change& change, std::size_t rendition);
  [[nodiscard]] Result<void> note(RecordEntry entry);
  void count_segment(std::size_t rendition, const Segment* published);

  Record record_;
  const Archive::Keep keep_;
  Archive::Counts& counts_;
  const OnFile on_file_;
  ArchivePlaylists playlists_;
  std::uint64_t journal_size_ = 0;
  // The journal and the playlists are not (any more) what the record says.
  bool rebuild_ = true;
  // Somebody removed files.
  bool lost_ = false;
};

}  // namespace spacecast::hls
