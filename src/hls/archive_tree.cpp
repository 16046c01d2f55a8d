#include "hls/archive_tree.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "hls/append_file.h"
#include "hls/atomic_file.h"
#include "hls/journal.h"
#include "hls/missing.h"
#include "hls/multivariant_playlist.h"
#include "hls/names.h"
#include "hls/recovery.h"

namespace spacecast::hls {
namespace {

namespace fs = std::filesystem;

Result<void> make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(ErrorCode::kIo, "making " + path.string() + ": " + error.message());
  return {};
}

// One of two: the first that failed.
void keep_first(Result<void>& result, Result<void> other) {
  if (result && !other) result = std::move(other);
}

}  // namespace

ArchiveTree::ArchiveTree(Record record, Archive::Keep keep, Archive::Counts& counts, OnFile on_file)
    : record_(std::move(record)),
      keep_(keep),
      counts_(counts),
      on_file_(std::move(on_file)),
      playlists_(keep) {}

History ArchiveTree::history() const {
  return record_.history();
}

ArchiveTree::Change ArchiveTree::make_change(const Snapshot& snapshot) const {
  Change change{.config = snapshot.config,
                .date_ranges = snapshot.date_ranges,
                .master = render_multivariant_playlist(snapshot),
                .ended = snapshot.ended};
  for (std::size_t i = 0; i < snapshot.renditions.size(); ++i) {
    const RenditionState& state = snapshot.renditions[i];
    Change::Rendition rendition{.info = state.info, .init = state.init};
    if (!state.segments.empty()) {
      rendition.first_held = state.segments.front()->msn;
      rendition.first_listed = rendition.first_held + state.first_listed;
      const auto next =
          i < record_.renditions().size() ? record_.renditions()[i].next() : std::nullopt;
      // One that comes late writes what is listed, as nobody will ask for what is not.
      const std::uint64_t first = next ? next->msn : rendition.first_listed;
      const std::uint64_t skipped = first > rendition.first_held ? first - rendition.first_held : 0;
      const auto count = std::min<std::uint64_t>(skipped, state.segments.size());
      rendition.segments.assign(state.segments.begin() + static_cast<std::ptrdiff_t>(count),
                                state.segments.end());
    }
    change.renditions.push_back(std::move(rendition));
  }
  return change;
}

Result<void> ArchiveTree::write(const Change& change) {
  if (record_.ended()) return {};
  Result<void> result = rebuild_ ? rebuild() : Result<void>();
  if (result) result = write_all(change);
  if (!result && result.error().code == ErrorCode::kNotFound) rebuild_ = lost_ = true;
  return result;
}

Result<void> ArchiveTree::rebuild() {
  if (auto made = make_directories(record_.directory()); !made) return made;
  if (lost_) {
    const auto lost = check_files(record_);
    if (!lost) return std::unexpected(lost.error());
    counts_.missing += *lost;
  }
  for (const Record::Rendition& rendition : record_.renditions()) {
    if (auto made = make_directories(record_.directory() / rendition.info->name); !made) {
      return made;
    }
    for (const auto& init : rendition.inits) {
      const fs::path path = record_.directory() / init_name(*rendition.info, *init);
      if (auto written = write_file_atomically(path, {as_text(*init->bytes)}); !written) {
        return written;
      }
    }
  }
  if (keep_ == Archive::Keep::kAll) {
    std::string journal;
    for (const RecordEntry& entry : record_.entries()) journal += journal_line(entry);
    if (auto written = write_file_atomically(record_.directory() / kJournalName, {journal});
        !written) {
      return written;
    }
    journal_size_ = journal.size();
  }
  playlists_.forget();
  rebuild_ = lost_ = false;
  return {};
}

Result<void> ArchiveTree::write_all(const Change& change) {
  if (auto added = add_renditions(change); !added) return added;
  Result<void> result = note_date_ranges(change);
  const bool window = keep_ == Archive::Keep::kWindow;
  for (std::size_t i = 0; i < change.renditions.size(); ++i) {
    const Result<void> written = write_segments(change, i);
    keep_first(result, written);
    const bool ended = change.ended && written;
    keep_first(result, playlists_.list(record_, change.config, i, change.renditions[i].first_listed,
                                       ended));
    // After a failure too: it may be what makes room.
    if (window) keep_first(result, remove_old(change, i));
  }
  if (!result) return result;
  // Last, so that all it names is there.
  if (window || !change.ended) return playlists_.write_master(record_, change.master);
  auto finished = playlists_.finish(record_, change.config, change.master);
  return finished ? note(EndEntry{}) : finished;
}

Result<void> ArchiveTree::add_renditions(const Change& change) {
  for (std::size_t i = 0; i < change.renditions.size(); ++i) {
    const Change::Rendition& rendition = change.renditions[i];
    if (i == record_.renditions().size()) {
      auto made = make_directories(record_.directory() / rendition.info->name);
      if (made) made = note(*rendition.info);
      if (!made) return made;
    }
    for (const auto& segment : rendition.segments) {
      if (auto added = add_init(i, segment->init); !added) return added;
    }
    // The one to come, too: its number is taken.
    if (auto added = add_init(i, rendition.init); !added) return added;
  }
  return {};
}

Result<void> ArchiveTree::add_init(std::size_t rendition,
                                   const std::shared_ptr<const InitSection>& init) {
  const Record::Rendition& known = record_.renditions()[rendition];
  if (known.find_init(init->number)) return {};
  const fs::path path = record_.directory() / init_name(*known.info, *init);
  if (auto written = write_file_atomically(path, {as_text(*init->bytes)}); !written) {
    return written;
  }
  return note(InitEntry{known.info->name, init->number, init->bytes->size(), init->bytes});
}

Result<void> ArchiveTree::note_date_ranges(const Change& change) {
  if (keep_ == Archive::Keep::kWindow) {
    record_.replace_date_ranges(change.date_ranges);
    return {};
  }
  // Only the last one known may have changed, and those after it are new; where it has left the
  // window already, all are.
  const auto& known = record_.date_ranges();
  auto range = change.date_ranges.begin();
  if (!known.empty()) {
    const auto last = std::ranges::find(change.date_ranges, known.back().id, &DateRange::id);
    if (last != change.date_ranges.end()) range = last;
  }
  for (; range != change.date_ranges.end(); ++range) {
    if (!known.empty() && known.back().id == range->id) {
      if (known.back().end == range->end) continue;
    } else if (!known.empty() && !known.back().end) {
      // Its end was never seen, the disk being slow: it was over when this one began.
      DateRange over = known.back();
      over.end = range->start;
      over.end_announced = range->start_announced;
      if (auto noted = note(std::move(over)); !noted) return noted;
    }
    if (auto noted = note(*range); !noted) return noted;
  }
  return {};
}

Result<void> ArchiveTree::write_segments(const Change& change, std::size_t rendition) {
  for (const auto& segment : change.renditions[rendition].segments) {
    const Record::Rendition& known = record_.renditions()[rendition];
    const auto next = known.next();
    if (next && segment->msn < next->msn) continue;
    if (next && segment->msn > next->msn) {
      for (PartEntry& entry : fill_hole(known, *segment, change.config.part_target)) {
        if (auto noted = note(std::move(entry)); !noted) return noted;
        if (!known.in_progress()) count_segment(rendition, nullptr);
      }
    }
    const std::size_t first = next && next->msn == segment->msn ? next->part : 0;
    for (std::size_t i = first; i < segment->parts.size(); ++i) {
      if (auto written = write_part(rendition, *segment, i); !written) return written;
    }
    // The end completes it without another part.
    if (segment->complete && known.in_progress()) record_.complete(rendition);
    if (segment->complete) count_segment(rendition, segment.get());
  }
  return {};
}

Result<void> ArchiveTree::write_part(std::size_t rendition, const Segment& segment,
                                     std::size_t part) {
  const Record::Rendition& known = record_.renditions()[rendition];
  PartEntry entry = part_entry(*known.info, segment, part);
  const Bytes& bytes = segment.parts[part].bytes;
  if (!entry.part.gap && !bytes) entry.part = {.duration = entry.part.duration, .gap = true};
  if (!entry.part.gap) {
    // The bytes before the line that says they are there.
    const std::uint64_t offset = part == 0 ? 0 : size_of(*known.segments.back());
    const fs::path path = record_.directory() / segment_name(*known.info, segment.msn);
    if (auto appended = append_to_file(path, offset, as_text(*bytes)); !appended) return appended;
    counts_.bytes += bytes->size();
  }
  return note(std::move(entry));
}

// `published` is what the store has, null where that is not known.
void ArchiveTree::count_segment(std::size_t rendition, const Segment* published) {
  const Segment& ours = *record_.renditions()[rendition].segments.back();
  const bool whole =
      published && std::ranges::equal(ours.parts, published->parts, {}, &Part::gap, &Part::gap);
  ++(whole ? counts_.written : counts_.missing);
  if (whole && ours.file) on_file_(rendition, ours.msn, *ours.file);
}

// Not listed any more, and not answered by the store either (§6.2.2).
Result<void> ArchiveTree::remove_old(const Change& change, std::size_t rendition) {
  const std::uint64_t first_held = change.renditions[rendition].first_held;
  const auto& segments = record_.renditions()[rendition].segments;
  if (segments.empty() || segments.front()->msn >= first_held) return {};
  Result<void> result;
  for (const auto& segment : segments) {
    if (segment->msn >= first_held) break;
    if (!segment->file) continue;
    std::error_code error;
    fs::remove(*segment->file, error);
    if (error) {
      keep_first(result, fail(ErrorCode::kIo,
                              "removing " + segment->file->string() + ": " + error.message()));
    }
  }
  record_.forget_before(rendition, first_held);
  return result;
}

Result<void> ArchiveTree::note(RecordEntry entry) {
  std::string line;
  if (keep_ == Archive::Keep::kAll) {
    line = journal_line(entry);
    const fs::path path = record_.directory() / kJournalName;
    if (auto appended = append_to_file(path, journal_size_, line); !appended) return appended;
  }
  auto entered = record_.enter(std::move(entry));
  if (entered) journal_size_ += line.size();
  return entered;
}

}  // namespace spacecast::hls
