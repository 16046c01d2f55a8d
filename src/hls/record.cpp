#include "hls/record.h"

#include <fmt/format.h>

#include <algorithm>

#include "hls/names.h"

namespace spacecast::hls {
namespace {

std::unexpected<Error> refuse(std::string why) {
  return fail(ErrorCode::kInvalidArgument, std::move(why));
}

// A gap of the same length: what a player is told of a part that is not there.
Part gap_of(const Part& part) {
  return {.duration = part.duration, .gap = true};
}

}  // namespace

std::optional<PartId> Record::Rendition::next() const {
  if (segments.empty()) return std::nullopt;
  const Segment& last = *segments.back();
  return last.complete ? PartId{last.msn + 1, 0} : PartId{last.msn, last.parts.size()};
}

std::shared_ptr<const InitSection> Record::Rendition::find_init(unsigned number) const {
  const auto found =
      std::ranges::find(inits, number, [](const auto& init) { return init->number; });
  return found == inits.end() ? nullptr : *found;
}

Result<void> Record::enter(RecordEntry entry) {
  if (ended_) return refuse("something after the end");
  return std::visit([&](auto&& each) { return take(std::forward<decltype(each)>(each)); },
                    std::move(entry));
}

Result<void> Record::take(RenditionInfo info) {
  if (find(info.name)) return refuse(fmt::format("rendition {} twice", info.name));
  renditions_.push_back({std::make_shared<const RenditionInfo>(std::move(info)), {}, {}});
  return {};
}

Result<void> Record::take(InitEntry entry) {
  Rendition* rendition = find(entry.rendition);
  if (!rendition) return refuse(fmt::format("no rendition {}", entry.rendition));
  if (!rendition->inits.empty() && entry.number <= rendition->inits.back()->number) {
    return refuse(
        fmt::format("{}: init section {} is not a new one", entry.rendition, entry.number));
  }
  rendition->inits.push_back(
      std::make_shared<const InitSection>(entry.number, std::move(entry.bytes)));
  return {};
}

Result<void> Record::take(PartEntry entry) {
  const auto refuse_part = [&](std::string_view why) {
    return refuse(
        fmt::format("{}, part {}.{}: {}", entry.rendition, entry.id.msn, entry.id.part, why));
  };
  Rendition* rendition = find(entry.rendition);
  if (!rendition) return refuse_part("no such rendition");
  auto& segments = rendition->segments;
  const Segment* last = segments.empty() ? nullptr : segments.back().get();
  entry.part.bytes = nullptr;
  if (entry.id.part != 0) {
    if (rendition->next() != entry.id) return refuse_part("not the next one");
    auto segment = std::make_shared<Segment>(*last);
    segment->parts.push_back(std::move(entry.part));
    if (entry.last) finish(*rendition, *segment);
    segments.back() = std::move(segment);
    return {};
  }
  const SegmentOpening& opening = entry.opening;
  auto init = rendition->find_init(opening.init);
  if (!init) return refuse_part("no such init section");
  if (last && entry.id.msn != last->msn + 1) return refuse_part("not the next one");
  if (last && opening.start < last->start) return refuse_part("before the one before it");
  if (last && opening.discontinuity_sequence !=
                  last->discontinuity_sequence + (opening.discontinuity ? 1 : 0)) {
    return refuse_part("not the next discontinuity sequence number");
  }
  if (rendition->in_progress()) complete(static_cast<std::size_t>(rendition - renditions_.data()));
  Segment segment{.msn = entry.id.msn,
                  .start = opening.start,
                  .wall_start = opening.wall_start,
                  .discontinuity_sequence = opening.discontinuity_sequence,
                  .discontinuity = opening.discontinuity,
                  .init = std::move(init),
                  .parts = {std::move(entry.part)}};
  if (entry.last) finish(*rendition, segment);
  segments.push_back(std::make_shared<const Segment>(std::move(segment)));
  return {};
}

Result<void> Record::take(DateRange range) {
  const auto known = std::ranges::find(date_ranges_, range.id, &DateRange::id);
  if (known != date_ranges_.end()) {
    *known = std::move(range);
  } else {
    date_ranges_.push_back(std::move(range));
  }
  return {};
}

Result<void> Record::take(EndEntry /*entry*/) {
  ended_ = true;
  return {};
}

void Record::complete(std::size_t rendition) {
  auto& last = renditions_[rendition].segments.back();
  auto segment = std::make_shared<Segment>(*last);
  finish(renditions_[rendition], *segment);
  last = std::move(segment);
}

void Record::finish(const Rendition& rendition, Segment& segment) const {
  segment.complete = true;
  if (size_of(segment) == 0) return;
  segment.file = std::make_shared<const std::filesystem::path>(
      directory_ / segment_name(*rendition.info, segment.msn));
}

void Record::lose(std::size_t rendition, std::size_t index) {
  auto& lost = renditions_[rendition].segments[index];
  auto segment = std::make_shared<Segment>(*lost);
  std::ranges::transform(segment->parts, segment->parts.begin(), gap_of);
  segment->file = nullptr;
  lost = std::move(segment);
}

void Record::forget_before(std::size_t rendition, std::uint64_t msn) {
  std::erase_if(renditions_[rendition].segments,
                [&](const auto& segment) { return segment->msn < msn; });
}

std::vector<RecordEntry> Record::entries() const {
  std::vector<RecordEntry> entries{HeaderEntry{}};
  for (const Rendition& rendition : renditions_) {
    entries.emplace_back(*rendition.info);
    for (const auto& init : rendition.inits) {
      entries.emplace_back(
          InitEntry{rendition.info->name, init->number, init->bytes->size(), init->bytes});
    }
  }
  for (const Rendition& rendition : renditions_) {
    for (const auto& segment : rendition.segments) {
      for (std::size_t i = 0; i < segment->parts.size(); ++i) {
        entries.emplace_back(part_entry(*rendition.info, *segment, i));
      }
    }
  }
  entries.insert(entries.end(), date_ranges_.begin(), date_ranges_.end());
  if (ended_) entries.emplace_back(EndEntry{});
  return entries;
}

Snapshot Record::snapshot(const StoreConfig& config) const {
  Snapshot snapshot{.config = config, .date_ranges = date_ranges_};
  for (const Rendition& rendition : renditions_) {
    RenditionState state{.info = rendition.info, .segments = rendition.segments};
    if (rendition.in_progress()) state.segments.pop_back();
    if (!rendition.inits.empty()) state.init = rendition.inits.back();
    snapshot.renditions.push_back(std::move(state));
  }
  return snapshot;
}

History Record::history() const {
  return {.renditions = snapshot({}).renditions, .date_ranges = date_ranges_};
}

Record::Rendition* Record::find(std::string_view name) {
  const auto found = std::ranges::find(renditions_, name, [](const Rendition& rendition) {
    return std::string_view(rendition.info->name);
  });
  return found == renditions_.end() ? nullptr : &*found;
}

PartEntry part_entry(const RenditionInfo& rendition, const Segment& segment, std::size_t part) {
  PartEntry entry{.rendition = rendition.name,
                  .id = {segment.msn, part},
                  .part = segment.parts[part],
                  .last = segment.complete && part + 1 == segment.parts.size(),
                  .opening = {.start = segment.start,
                              .wall_start = segment.wall_start,
                              .discontinuity = segment.discontinuity,
                              .discontinuity_sequence = segment.discontinuity_sequence,
                              .init = segment.init->number}};
  entry.part.bytes = nullptr;
  return entry;
}

std::uint64_t size_of(const Segment& segment) {
  std::uint64_t size = 0;
  for (const Part& part : segment.parts) size += part.size;
  return size;
}

}  // namespace spacecast::hls
