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
// Fifteen minutes of segments of 2 s, the longest window that Apple's authoring specification asks
// for.
constexpr std::uint32_t kWindowMax = 450;
// Players keep the number in a double: leave them room to count on for ever.
constexpr std::uint64_t kFirstMsnMax = std::uint64_t{1} << 52;
// A bound on what a caller gone wild can make a playlist carry: a change of speaker every 80 ms for
// a window of 20 s.
constexpr std::size_t kDateRangesMax = 256;
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

Result<std::shared_ptr<Store>> Store::create(StoreConfig config) {
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
  return std::shared_ptr<Store>(new Store(config));
}

Store::Store(StoreConfig config) {
  auto first = std::make_shared<Snapshot>();
  first->config = config;
  current_ = std::move(first);
}

std::size_t Store::add_rendition(RenditionInfo info) {
  const MutexLock lock(writer_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  assert(is_name(info.name));
  assert(std::ranges::all_of(next->renditions, [&](const RenditionState& state) {
    return state.segments.empty() && state.info->name != info.name;
  }));
  next->renditions.push_back({std::make_shared<const RenditionInfo>(std::move(info)), {}, 0});
  removals_.emplace_back();
  const std::size_t index = next->renditions.size() - 1;
  if (!next->ended) publish(std::move(next));
  return index;
}

void Store::append_part(std::size_t rendition, Part part, MediaTime start, WallTime wall_start,
                        bool last_of_segment) {
  assert(part.duration > MediaTime{});
  assert(part.gap || part.bytes);
  const MutexLock lock(writer_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  if (next->ended) return;
  assert(rendition < next->renditions.size());
  const PartId id = next->next_part(rendition);
  RenditionState& state = next->renditions[rendition];
  // Complete segments are shared by all snapshots; only the one in progress is copied, and of its
  // parts only the pointers to their bytes.
  std::shared_ptr<Segment> segment;
  if (id.part == 0) {
    segment = std::make_shared<Segment>();
    segment->msn = id.msn;
    segment->start = start;
    segment->wall_start = wall_start;
    state.segments.push_back(nullptr);
  } else {
    segment = std::make_shared<Segment>(*state.segments.back());
  }
  segment->parts.push_back(std::move(part));
  segment->complete = last_of_segment;
  state.segments.back() = std::move(segment);
  if (last_of_segment) {
    remove_old_segments(*next, rendition);
    remove_old_date_ranges(*next);
  }
  publish(std::move(next));
}

void Store::remove_old_segments(Snapshot& next, std::size_t rendition) {
  const StoreConfig& config = next.config;
  RenditionState& state = next.renditions[rendition];
  Removal& removal = removals_[rendition];
  const MediaTime edge = state.edge();
  const auto front = [&]() -> const Segment& { return *state.segments[state.first_listed]; };
  removal.longest_playlist = std::max(removal.longest_playlist, edge - front().start);
  // §6.2.2: never below three target durations, however short the segments are.
  while (state.segments.size() - state.first_listed > config.window_segments &&
         edge - front().end() >= 3 * seconds(config.target_duration_s)) {
    // §6.2.2 counts the availability from a segment's first appearance. It is counted from its
    // removal here, as RFC 8216 did: caches may hand out a playlist that is six target durations
    // old. Parts are answered as long as their segment, which is longer than they have to be.
    removal.drop_at.push_back(edge + front().duration() + removal.longest_playlist);
    ++state.first_listed;
  }
  while (!removal.drop_at.empty() && removal.drop_at.front() <= edge) {
    removal.drop_at.pop_front();
    state.segments.erase(state.segments.begin());
    --state.first_listed;
  }
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
    std::string id =
        "on-air-" + std::to_string(since_epoch) + "-" + std::to_string(++date_ranges_made_);
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
