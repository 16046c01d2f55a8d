#include "hls/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>
#include <vector>

#include "hls/journal.h"
#include "hls/missing.h"
#include "hls/names.h"

namespace spacecast::hls {
namespace {

namespace fs = std::filesystem;

// A week of a picture in three sizes and sound.
constexpr std::uintmax_t kJournalMax = std::uintmax_t{1} << 30;
// One of ours has less than a kilobyte.
constexpr std::uint64_t kInitMax = 1 << 20;

Result<Bytes> read_init(const fs::path& path, std::uint64_t size) {
  if (size > kInitMax) {
    return fail(ErrorCode::kLimit,
                fmt::format("{}: {} bytes, at most {}", path.string(), size, kInitMax));
  }
  ByteVector bytes(size);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size))) {
    return fail(ErrorCode::kIo,
                fmt::format("reading {}: there are no {} bytes", path.string(), size));
  }
  return make_bytes(std::move(bytes));
}

Result<void> read_journal(Record& record) {
  const fs::path path = record.directory() / kJournalName;
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error == std::errc::no_such_file_or_directory) return {};
  if (error) return fail(ErrorCode::kIo, "reading " + path.string() + ": " + error.message());
  if (size > kJournalMax) {
    return fail(ErrorCode::kLimit,
                fmt::format("{}: {} bytes, at most {}", path.string(), size, kJournalMax));
  }
  std::ifstream file(path, std::ios::binary);
  std::array<char, kJournalLineMax + 1> line{};
  // At its end without a line feed the file holds a line that was being written.
  while (file.getline(line.data(), line.size()) && !file.eof()) {
    auto entry = parse_journal_line(line.data());
    if (!entry && entry.error().code == ErrorCode::kUnsupported) {
      return fail(ErrorCode::kConflict, path.string() + ": " + entry.error().message);
    }
    if (!entry) break;
    if (auto* init = std::get_if<InitEntry>(&*entry)) {
      const InitSection section{.number = init->number, .bytes = nullptr};
      auto bytes =
          read_init(record.directory() / init_name({.name = init->rendition}, section), init->size);
      if (!bytes) return std::unexpected(bytes.error());
      init->bytes = std::move(*bytes);
    }
    if (!record.enter(std::move(*entry))) break;
  }
  if (file.bad() || !file.is_open()) return fail(ErrorCode::kIo, "reading " + path.string());
  return {};
}

Result<void> level(Record& record) {
  const auto& renditions = record.renditions();
  const auto& reference =
      *std::ranges::max_element(renditions, {}, [](const Record::Rendition& each) {
        return each.segments.empty() ? 0 : each.segments.back()->msn + 1;
      });
  for (const Record::Rendition& each : renditions) {
    if (each.inits.empty()) {
      return fail(ErrorCode::kConflict,
                  fmt::format("{}: no init section of {}",
                              (record.directory() / kJournalName).string(), each.info->name));
    }
    for (std::size_t i = 0; i < reference.segments.size(); ++i) {
      const auto next = each.next();
      if (next && reference.segments[i]->msn < next->msn) continue;
      for (PartEntry& entry : stand_in(each, *reference.segments[i])) {
        if (auto entered = record.enter(std::move(entry)); !entered) return entered;
      }
    }
    if (each.segments.back()->discontinuity_sequence !=
        reference.segments.back()->discontinuity_sequence) {
      return fail(ErrorCode::kConflict, fmt::format("{}: {} and {} disagree on discontinuities",
                                                    (record.directory() / kJournalName).string(),
                                                    each.info->name, reference.info->name));
    }
  }
  return {};
}

void close_date_ranges(Record& record) {
  WallTime wall_end;
  MediaTime edge{};
  for (const Record::Rendition& each : record.renditions()) {
    const Segment& last = *each.segments.back();
    edge = std::max(edge, last.end());
    wall_end =
        std::max(wall_end,
                 last.wall_start + std::chrono::duration_cast<WallTime::duration>(last.duration()));
  }
  std::vector<DateRange> ranges = record.date_ranges();
  for (DateRange& range : ranges) {
    if (range.end) continue;
    range.end = std::max(range.start, wall_end);
    range.end_announced = edge;
  }
  record.replace_date_ranges(std::move(ranges));
}

}  // namespace

Result<Record> recover(const fs::path& directory) {
  Record record(directory);
  if (auto read = read_journal(record); !read) return std::unexpected(read.error());
  if (record.ended()) {
    return fail(ErrorCode::kConflict,
                directory.string() + ": holds a presentation that has ended; name another one");
  }
  const auto& renditions = record.renditions();
  if (std::ranges::all_of(renditions, [](const auto& each) { return each.segments.empty(); })) {
    return Record(directory);
  }
  for (std::size_t i = 0; i < renditions.size(); ++i) {
    if (renditions[i].in_progress()) record.complete(i);
  }
  if (auto checked = check_files(record); !checked) return std::unexpected(checked.error());
  if (auto levelled = level(record); !levelled) return std::unexpected(levelled.error());
  close_date_ranges(record);
  return record;
}

Result<std::size_t> check_files(Record& record) {
  std::size_t lost = 0;
  for (std::size_t i = 0; i < record.renditions().size(); ++i) {
    const Record::Rendition& rendition = record.renditions()[i];
    for (std::size_t k = 0; k < rendition.segments.size(); ++k) {
      const std::uint64_t expected = size_of(*rendition.segments[k]);
      if (expected == 0) continue;
      const fs::path path =
          record.directory() / segment_name(*rendition.info, rendition.segments[k]->msn);
      std::error_code error;
      const std::uintmax_t size = fs::file_size(path, error);
      if (error || size < expected) {
        record.lose(i, k);
        ++lost;
      } else if (size > expected) {
        fs::resize_file(path, expected, error);
        if (error) return fail(ErrorCode::kIo, "cutting " + path.string() + ": " + error.message());
      }
    }
  }
  return lost;
}

}  // namespace spacecast::hls
