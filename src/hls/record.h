// What an archive holds, without the bytes: the sum of all that its journal says.
//
// The archive's thread writes something to the disk, then enters it here; recovery enters what the
// journal says. So what a later run reads back is by construction what this one knew. Segments are
// immutable and may be shared with other threads' snapshots. All since the start are kept: about
// 4 MB an hour for picture and sound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "hls/store.h"

namespace spacecast::hls {

// How a segment begins; comes with its first part.
struct SegmentOpening {
  MediaTime start{};
  WallTime wall_start;
  bool discontinuity = false;
  std::uint64_t discontinuity_sequence = 0;
  unsigned init = 1;  // Number of the init section.
};

struct InitEntry {
  std::string rendition;
  unsigned number = 1;
  std::uint64_t size = 0;
  Bytes bytes;  // In no journal: the file has them.
};

struct PartEntry {
  std::string rendition;
  PartId id;
  Part part;               // Without its bytes.
  bool last = false;       // Of its segment.
  SegmentOpening opening;  // Counts where id.part is 0.
};

// Opens a journal; says nothing of the presentation.
struct HeaderEntry {};
struct EndEntry {};

// A rendition, its init sections, its parts; a range on air, which replaces what was said of the
// same id; the end.
using RecordEntry =
    std::variant<HeaderEntry, RenditionInfo, InitEntry, PartEntry, DateRange, EndEntry>;

class Record {
 public:
  struct Rendition {
    std::shared_ptr<const RenditionInfo> info;
    std::vector<std::shared_ptr<const InitSection>> inits;  // In order of their numbers.
    // Numbers are consecutive; the last one may be in progress.
    std::vector<std::shared_ptr<const Segment>> segments;
    [[nodiscard]] bool in_progress() const {
      return !segments.empty() && !segments.back()->complete;
    }
    // Of the part that comes next; nothing before the first, which may be any.
    [[nodiscard]] std::optional<PartId> next() const;
    [[nodiscard]] std::shared_ptr<const InitSection> find_init(unsigned number) const;
    [[nodiscard]] std::span<const std::shared_ptr<const Segment>> complete() const {
      return std::span(segments).first(segments.size() - (in_progress() ? 1 : 0));
    }
  };

  // Segments' files lie below that directory.
  explicit Record(std::filesystem::path directory) : directory_(std::move(directory)) {}

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  [[nodiscard]] const std::vector<Rendition>& renditions() const { return renditions_; }
  [[nodiscard]] const std::vector<DateRange>& date_ranges() const { return date_ranges_; }
  [[nodiscard]] bool ended() const { return ended_; }

  // Fails, and changes nothing, where the entry does not follow from what is known: an unknown
  // rendition or init section, a number left out. A segment in progress is complete when the next
  // one opens: a run that was cut off ends like that.
  [[nodiscard]] Result<void> enter(RecordEntry entry);
  // Completes the segment in progress.
  void complete(std::size_t rendition);
  // Says that nothing of the segment is to be had: each of its parts is a gap of its duration.
  void lose(std::size_t rendition, std::size_t index);
  // Forgets the segments before that number.
  void forget_before(std::size_t rendition, std::uint64_t msn);
  // These are all that count from now on.
  void replace_date_ranges(std::vector<DateRange> ranges) { date_ranges_ = std::move(ranges); }

  // The same presentation once more, as entries, in an order in which they can be entered.
  [[nodiscard]] std::vector<RecordEntry> entries() const;
  // What playlists are rendered from: the complete segments, all of them listed.
  [[nodiscard]] Snapshot snapshot(const StoreConfig& config) const;
  // For a store that goes on from here; every rendition has a segment, all of them complete.
  [[nodiscard]] History history() const;

 private:
  [[nodiscard]] Rendition* find(std::string_view name);
  void finish(const Rendition& rendition, Segment& segment) const;
  static Result<void> take(HeaderEntry /*entry*/) { return {}; }
  Result<void> take(RenditionInfo info);
  Result<void> take(InitEntry entry);
  Result<void> take(PartEntry entry);
  Result<void> take(DateRange range);
  Result<void> take(EndEntry entry);

  std::filesystem::path directory_;
  std::vector<Rendition> renditions_;
  std::vector<DateRange> date_ranges_;
  bool ended_ = false;
};

// The entry of a part of that segment.
[[nodiscard]] PartEntry part_entry(const RenditionInfo& rendition, const Segment& segment,
                                   std::size_t part);

// How many bytes of it the archive has.
[[nodiscard]] std::uint64_t size_of(const Segment& segment);

}  // namespace spacecast::hls
