// Lock order: writer_, then mutex_. writer_ is held from reading the current snapshot until the
// last listener returned, so that changes and what listeners hear of them are in one order; mutex_
// only while the pointer or the listeners are copied, so that no reader ever waits for a change.
#include "hls/store.h"

#include <algorithm>
#include <cassert>
#include <string_view>
#include <utility>

namespace spacecast::hls {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t kTargetDurationMax = 60;
constexpr std::uint32_t kWindowMin = 6;
// Three hours of segments of 2 s: a playlist of half a megabyte.
constexpr std::uint32_t kWindowMax = 5400;
// Players keep the number in a double: leave them room to count on for ever.
constexpr std::uint64_t kFirstMsnMax = std::uint64_t{1} << 52;
// A bound on what a caller gone wild can make a playlist carry: a change of speaker every two
// seconds for a window of half an hour.
constexpr std::size_t kDateRangesMax = 1024;
constexpr std::size_t kSegmentsToStart = 2;

bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

MediaTime latest_edge(const Snapshot& snapshot) {
  MediaTime edge{};
  for (const RenditionState& state : snapshot.renditions) edge = std::max(edge, state.edge());
  return edge;
}

void complete_last(RenditionState& state) {
  if (state.segments.empty() || state.segments.back()->complete) return;
  auto segment = std::make_shared<Segment>(*state.segments.back());
  segment->complete = true;
  state.segments.back() = std::move(segment);
}

// Whoever is on air at the end of the presentation is so until its last sample.
void end_on_air(Snapshot& snapshot) {
  if (snapshot.date_ranges.empty() || snapshot.date_ranges.back().end) return;
  DateRange& range = snapshot.date_ranges.back();
  range.end = range.start;
  for (const RenditionState& state : snapshot.renditions) {
    if (state.segments.empty()) continue;
    const Segment& last = *state.segments.back();
    const auto duration = std::chrono::duration_cast<WallTime::duration>(last.duration());
    range.end = std::max(*range.end, last.wall_start + duration);
  }
  range.end_announced = latest_edge(snapshot);
}

std::uint64_t bytes_held(const Segment& segment) {
  std::uint64_t sum = 0;
  for (const Part& part : segment.parts) sum += part.bytes ? part.bytes->size() : 0;
  return sum;
}

// Before this time §6.2.2 allows to remove segments from a playlist.
bool may_leave(const RenditionState& state, const Segment& segment, const StoreConfig& config) {
  return segment.complete && state.edge() - segment.end() >= 3 * seconds(config.target_duration_s);
}

void leave_playlist(RenditionState& state, const StoreConfig& config) {
  while (state.segments.size() - state.first_listed > config.window_segments &&
         may_leave(state, *state.segments[state.first_listed], config)) {
    ++state.first_listed;
  }
}

// Where the bytes lie on no disk either, nobody may be told of the segment any more, nor, as
// segments are removed in order (§6.2.2), of those before it.
void drop_bytes(RenditionState& state, std::size_t index) {
  auto segment = std::make_shared<Segment>(*state.segments[index]);
  for (Part& part : segment->parts) part.bytes = nullptr;
  if (!segment->file) state.first_listed = std::max(state.first_listed, index + 1);
  state.segments[index] = std::move(segment);
}

Result<void> check(const History& history) {
  const auto refuse = [](const std::string& why) {
    return fail(ErrorCode::kInvalidArgument, "history: " + why);
  };
  const Segment* last = nullptr;
  for (const RenditionState& state : history.renditions) {
    if (!state.info || !state.init || state.segments.empty()) return refuse("an empty rendition");
    for (std::size_t i = 0; i < state.segments.size(); ++i) {
      const Segment& segment = *state.segments[i];
      if (!segment.complete || segment.parts.empty() || !segment.init) {
        return refuse("an incomplete segment");
      }
      if (segment.msn != state.segments.front()->msn + i) return refuse("numbers with a hole");
      const InitSection& later =
          i + 1 < state.segments.size() ? *state.segments[i + 1]->init : *state.init;
      if (segment.init->number > later.number) return refuse("init sections that go back");
    }
    const Segment& own = *state.segments.back();
    if (last &&
        (own.msn != last->msn || own.discontinuity_sequence != last->discontinuity_sequence)) {
      return refuse("renditions that end at different numbers");
    }
    last = &own;
  }
  return {};
}

// §6.2.1: a range stays for as long as any of its dates is in the playlist; its id stays known for
// as long as a delta update has to name it.
void remove_old_date_ranges(Snapshot& snapshot) {
  const MediaTime now = latest_edge(snapshot);
  std::optional<WallTime> oldest;
  for (const RenditionState& state : snapshot.renditions) {
    if (state.first_listed == state.segments.size()) continue;
    const WallTime start = state.segments[state.first_listed]->wall_start;
    oldest = oldest ? std::min(*oldest, start) : start;
  }
  const auto is_over = [&](const DateRange& range) {
    return oldest && range.end && *range.end < *oldest;
  };
  auto& ranges = snapshot.date_ranges;
  auto& removed = snapshot.removed_date_ranges;
  while (!ranges.empty() && (is_over(ranges.front()) || ranges.size() > kDateRangesMax)) {
    removed.push_back({std::move(ranges.front().id), now});
    ranges.erase(ranges.begin());
  }
  const MediaTime skip_boundary = 6 * seconds(snapshot.config.target_duration_s);
  while (!removed.empty() &&
         (now - removed.front().removed > skip_boundary || removed.size() > kDateRangesMax)) {
    removed.erase(removed.begin());
  }
}

}  // namespace

MediaTime Segment::duration() const {
  MediaTime sum{};
  for (const Part& part : parts) sum += part.duration;
  return sum;
}

bool Segment::gap() const {
  return std::ranges::any_of(parts, &Part::gap);
}

MediaTime RenditionState::edge() const {
  return segments.empty() ? MediaTime{} : segments.back()->end();
}

bool Segment::in_memory() const {
  return std::ranges::all_of(parts, [](const Part& part) { return part.gap || part.bytes; });
}

bool Segment::available() const {
  return !gap() && (in_memory() || file);
}

std::shared_ptr<const InitSection> RenditionState::find_init(unsigned number) const {
  if (init && init->number == number) return init;
  // Numbers only grow.
  const auto found = std::ranges::lower_bound(
      segments, number, {}, [](const auto& segment) { return segment->init->number; });
  if (found == segments.end() || (*found)->init->number != number) return nullptr;
  return (*found)->init;
}

std::shared_ptr<const Segment> RenditionState::find(std::uint64_t msn) const {
  // Numbers are consecutive.
  if (segments.empty() || msn < segments.front()->msn) return nullptr;
  const std::uint64_t index = msn - segments.front()->msn;
  return index < segments.size() ? segments[index] : nullptr;
}

bool Snapshot::playable() const {
  const std::size_t needed = ended ? 1 : kSegmentsToStart;
  return !renditions.empty() && std::ranges::all_of(renditions, [&](const RenditionState& state) {
    return std::ranges::count_if(state.segments, [](const auto& s) { return s->complete; }) >=
           static_cast<std::ptrdiff_t>(needed);
  });
}

PartId Snapshot::next_part(std::size_t rendition) const {
  const auto& segments = renditions[rendition].segments;
  if (segments.empty()) return {config.first_msn, 0};
  const Segment& last = *segments.back();
  return last.complete ? PartId{last.msn + 1, 0} : PartId{last.msn, last.parts.size()};
}

Result<std::shared_ptr<Store>> Store::create(StoreConfig config, History history) {
  const auto refuse = [](const char* what, auto value, const std::string& allowed) {
    return fail(ErrorCode::kInvalidArgument,
                std::string(what) + " " + std::to_string(value) + ": allowed is " + allowed);
  };
  if (config.target_duration_s < 1 || config.target_duration_s > kTargetDurationMax) {
    return refuse("target duration (s)", config.target_duration_s,
                  "1 to " + std::to_string(kTargetDurationMax));
  }
  // At half a target duration a segment still has two parts; below 1 ms the third decimal is zero.
  const MediaTime part_max = MediaTime(seconds(config.target_duration_s)) / 2;
  if (config.part_target < milliseconds(1) || config.part_target > part_max ||
      config.part_target % milliseconds(1) != MediaTime{}) {
    return refuse("part target (ns)", config.part_target.count(),
                  "whole milliseconds up to half the target duration");
  }
  if (config.window_segments < kWindowMin || config.window_segments > kWindowMax) {
    return refuse("window (segments)", config.window_segments,
                  std::to_string(kWindowMin) + " to " + std::to_string(kWindowMax));
  }
  if (config.first_msn > kFirstMsnMax) {
    return refuse("first media sequence number", config.first_msn,
                  "0 to " + std::to_string(kFirstMsnMax));
  }
  if (config.memory_segments != 0 && config.memory_segments < kWindowMin) {
    return refuse("memory (segments)", config.memory_segments,
                  "0 or " + std::to_string(kWindowMin) + " and more");
  }
  if (auto checked = check(history); !checked) return std::unexpected(checked.error());
  return std::shared_ptr<Store>(new Store(config, std::move(history)));
}

Store::Store(StoreConfig config, History history) : tracks_(history.renditions.size()) {
  auto first = std::make_shared<Snapshot>();
  first->config = config;
  first->renditions = std::move(history.renditions);
  first->date_ranges = std::move(history.date_ranges);
  for (RenditionState& state : first->renditions) {
    state.first_listed = 0;
    leave_playlist(state, config);
  }
  begin_ = latest_edge(*first);
  remove_old_date_ranges(*first);
  current_ = std::move(first);
}

Result<std::size_t> Store::add_rendition(RenditionInfo info, Bytes init) {
  const MutexLock lock(writer_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  assert(is_name(info.name));
  auto& renditions = next->renditions;
  const auto known = std::ranges::find(
      renditions, info.name, [](const RenditionState& state) { return state.info->name; });
  const auto index = static_cast<std::size_t>(known - renditions.begin());
  if (known != renditions.end()) {
    const RenditionInfo& then = *known->info;
    assert(!tracks_[index].added);
    if (then.kind != info.kind || then.codecs != info.codecs || then.width != info.width ||
        then.height != info.height) {
      return fail(ErrorCode::kConflict,
                  info.name +
                      ": what went before is of another codec or size; it can be gone on "
                      "with only by the same encoders");
    }
    known->init = std::make_shared<const InitSection>(known->init->number + 1, std::move(init));
  } else if (begin_ > MediaTime{}) {
    return fail(ErrorCode::kConflict,
                info.name +
                    ": what went before has no such rendition; it can be gone on with only "
                    "by the same ones");
  } else {
    renditions.push_back({std::make_shared<const RenditionInfo>(std::move(info)),
                          {},
                          0,
                          std::make_shared<const InitSection>(1, std::move(init))});
    tracks_.emplace_back();
  }
  tracks_[index].added = true;
  tracks_[index].cut = begin_ > MediaTime{};
  if (!next->ended) publish(std::move(next));
  return index;
}

void Store::set_init(std::size_t rendition, Bytes init) {
  const MutexLock lock(writer_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  if (next->ended) return;
  assert(next->next_part(rendition).part == 0);
  auto& now = next->renditions[rendition].init;
  now = std::make_shared<const InitSection>(now->number + 1, std::move(init));
  publish(std::move(next));
}

void Store::append_part(std::size_t rendition, Part part, const SegmentStart& start,
                        bool last_of_segment) {
  assert(part.duration > MediaTime{});
  assert(part.gap || part.bytes);
  const MutexLock lock(writer_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  if (next->ended) return;
  assert(rendition < next->renditions.size() && tracks_[rendition].added);
  const PartId id = next->next_part(rendition);
  RenditionState& state = next->renditions[rendition];
  // Complete segments are shared by all snapshots; only the one in progress is copied, and of its
  // parts only the pointers to their bytes.
  std::shared_ptr<Segment> segment;
  if (id.part == 0) {
    segment = std::make_shared<Segment>();
    segment->msn = id.msn;
    segment->start = begin_ + start.start;
    segment->wall_start = start.wall_start;
    segment->init = state.init;
    segment->discontinuity = std::exchange(tracks_[rendition].cut, false) ||
                             (start.discontinuity && !state.segments.empty());
    segment->discontinuity_sequence =
        (state.segments.empty() ? 0 : state.segments.back()->discontinuity_sequence) +
        (segment->discontinuity ? 1 : 0);
    state.segments.push_back(nullptr);
  } else {
    segment = std::make_shared<Segment>(*state.segments.back());
  }
  part.size = part.bytes ? static_cast<std::uint32_t>(part.bytes->size()) : 0;
  segment->parts.push_back(std::move(part));
  segment->complete = last_of_segment;
  state.segments.back() = std::move(segment);
  if (last_of_segment) {
    take_files(*next);
    leave_memory(*next);
    remove_old_segments(*next, rendition);
    remove_old_date_ranges(*next);
  }
  publish(std::move(next));
}

void Store::set_file(std::size_t rendition, std::uint64_t msn, std::filesystem::path file) {
  const MutexLock lock(mutex_);
  new_files_.push_back(
      {rendition, msn, std::make_shared<const std::filesystem::path>(std::move(file))});
}

void Store::take_files(Snapshot& next) {
  std::vector<NewFile> files;
  {
    const MutexLock lock(mutex_);
    files.swap(new_files_);
  }
  for (NewFile& file : files) {
    RenditionState& state = next.renditions[file.rendition];
    const auto found = state.find(file.msn);
    if (!found || !found->complete) continue;
    auto segment = std::make_shared<Segment>(*found);
    segment->file = std::move(file.file);
    state.segments[file.msn - state.segments.front()->msn] = std::move(segment);
  }
}

void Store::leave_memory(Snapshot& next) {
  const StoreConfig& config = next.config;
  // Oldest first: as many as are too many by number, then by size.
  struct Held {
    MediaTime start{};
    RenditionState* state = nullptr;
    std::size_t index = 0;
    std::uint64_t bytes = 0;
  };
  std::vector<Held> held;
  std::uint64_t total = 0;
  for (RenditionState& state : next.renditions) {
    const std::size_t count = state.segments.size();
    for (std::size_t i = 0; i < count; ++i) {
      const Segment& segment = *state.segments[i];
      const std::uint64_t bytes = bytes_held(segment);
      if (bytes == 0) continue;
      if (config.memory_segments != 0 && i + config.memory_segments < count &&
          may_leave(state, segment, config)) {
        drop_bytes(state, i);
        continue;
      }
      total += bytes;
      held.push_back({segment.start, &state, i, bytes});
    }
  }
  if (total <= config.memory_bytes) return;
  std::ranges::sort(held, {}, [](const Held& each) { return std::pair(each.start, each.index); });
  for (const Held& each : held) {
    if (total <= config.memory_bytes) return;
    if (!may_leave(*each.state, *each.state->segments[each.index], config)) continue;
    drop_bytes(*each.state, each.index);
    total -= each.bytes;
  }
}

void Store::remove_old_segments(Snapshot& next, std::size_t rendition) {
  const StoreConfig& config = next.config;
  RenditionState& state = next.renditions[rendition];
  const MediaTime edge = state.edge();
  MediaTime& longest_playlist = tracks_[rendition].longest_playlist;
  if (state.first_listed < state.segments.size()) {
    longest_playlist = std::max(longest_playlist, edge - state.segments[state.first_listed]->start);
  }
  leave_playlist(state, config);
  // §6.2.2 counts the availability from a segment's first appearance; caches may hand out a
  // playlist that is six target durations old (Appendix B.1). Parts are answered as long as their
  // segment, which is longer than they have to be.
  const MediaTime slack = longest_playlist + 6 * seconds(config.target_duration_s);
  const auto gone = std::ranges::find_if(state.segments, [&](const auto& segment) {
    return segment->end() + segment->duration() + slack > edge;
  });
  const auto count =
      std::min(static_cast<std::size_t>(gone - state.segments.begin()), state.first_listed);
  state.segments.erase(state.segments.begin(),
                       state.segments.begin() + static_cast<std::ptrdiff_t>(count));
  state.first_listed -= count;
}

void Store::set_on_air(std::string speaker, std::string name, WallTime start) {
  const MutexLock lock(writer_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  if (next->ended) return;
  auto& ranges = next->date_ranges;
  DateRange* current = ranges.empty() || ranges.back().end ? nullptr : &ranges.back();
  const MediaTime now = latest_edge(*next);
  if (current ? current->speaker == speaker && current->name == name : speaker.empty()) return;
  // Ranges do not overlap, and an END-DATE is not before its START-DATE (§4.4.5.1).
  if (!ranges.empty()) start = std::max(start, ranges.back().end.value_or(ranges.back().start));
  if (current) {
    current->end = start;
    current->end_announced = now;
  }
  if (!speaker.empty()) {
    // Unique over restarts of the worker too, whose counter begins again (§6.2.1).
    const auto since_epoch = std::chrono::floor<milliseconds>(start.time_since_epoch()).count();
    std::string id;
    do {
      id = "on-air-" + std::to_string(since_epoch) + "-" + std::to_string(++date_ranges_made_);
    } while (std::ranges::find(ranges, id, &DateRange::id) != ranges.end());
    ranges.push_back(
        {std::move(id), std::move(speaker), std::move(name), start, std::nullopt, now, {}});
  }
  remove_old_date_ranges(*next);
  publish(std::move(next));
}

void Store::end() {
  const MutexLock lock(writer_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  if (next->ended) return;
  for (RenditionState& state : next->renditions) complete_last(state);
  end_on_air(*next);
  next->ended = true;
  publish(std::move(next));
}

Store::SnapshotPtr Store::snapshot() const {
  const MutexLock lock(mutex_);
  return current_;
}

Store::Subscription Store::subscribe(Listener listener) {
  auto shared = std::make_shared<const Listener>(std::move(listener));
  const MutexLock lock(mutex_);
  listeners_.push_back(shared);
  return shared;
}

void Store::publish(std::shared_ptr<Snapshot> next) {
  ++next->version;
  const SnapshotPtr published = std::move(next);
  std::vector<std::shared_ptr<const Listener>> listeners;
  {
    const MutexLock lock(mutex_);
    current_ = published;
    std::erase_if(listeners_, [&](const std::weak_ptr<const Listener>& weak) {
      auto listener = weak.lock();
      if (!listener) return true;
      listeners.push_back(std::move(listener));
      return false;
    });
  }
  for (const auto& listener : listeners) (*listener)(published);
}

}  // namespace spacecast::hls
