#include "hls/missing.h"

#include <algorithm>
#include <chrono>

namespace spacecast::hls {
namespace {

// Appends gaps that together last `duration`, the first of them part `part` of its segment.
void append_gaps(std::vector<PartEntry>& entries, PartEntry like, MediaTime duration,
                 MediaTime part_max) {
  while (duration > MediaTime{}) {
    like.part = {.duration = std::min(duration, part_max), .gap = true};
    duration -= like.part.duration;
    like.last = duration == MediaTime{};
    entries.push_back(like);
    ++like.id.part;
  }
}

}  // namespace

std::vector<PartEntry> fill_hole(const Record::Rendition& rendition, const Segment& next,
                                 MediaTime part_max) {
  // Of no use to a player, but a segment needs a length.
  constexpr MediaTime least = std::chrono::milliseconds(1);
  const Segment& last = *rendition.segments.back();
  const PartId first = rendition.next().value_or(PartId{});
  const MediaTime begin = first.part == 0 ? last.end() : last.start;
  const auto count = static_cast<std::int64_t>(next.msn - first.msn);
  const MediaTime each = std::max((next.start - begin) / count, least);
  // Where the stream was cut in the hole is not known: at its beginning is as good as anywhere.
  std::uint64_t cuts =
      next.discontinuity_sequence - last.discontinuity_sequence - (next.discontinuity ? 1 : 0);
  std::uint64_t sequence = last.discontinuity_sequence;
  MediaTime end = last.end();
  std::vector<PartEntry> entries;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint64_t msn = first.msn + static_cast<std::uint64_t>(i);
    PartEntry like{.rendition = rendition.info->name, .id = {msn, i == 0 ? first.part : 0}};
    if (like.id.part == 0) {
      const bool cut = cuts > 0;
      if (cut) --cuts, ++sequence;
      const auto before = std::chrono::duration_cast<WallTime::duration>(next.start - end);
      like.opening = {.start = end,
                      .wall_start = next.wall_start - before,
                      .discontinuity = cut,
                      .discontinuity_sequence = sequence,
                      .init = last.init->number};
    }
    const MediaTime duration = std::max(begin + (i + 1) * each - end, least);
    append_gaps(entries, std::move(like), duration, part_max);
    end += duration;
  }
  return entries;
}

std::vector<PartEntry> stand_in(const Record::Rendition& rendition, const Segment& other) {
  std::vector<PartEntry> entries;
  for (std::size_t i = 0; i < other.parts.size(); ++i) {
    PartEntry entry = part_entry(*rendition.info, other, i);
    entry.rendition = rendition.info->name;
    entry.part = {.duration = other.parts[i].duration, .gap = true};
    entry.opening.init = rendition.inits.back()->number;
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace spacecast::hls
