#include "origin/live_edge.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "hls/reload.h"

namespace spacecast::origin {
namespace {

constexpr std::size_t kSegmentsCounted = 32;

std::size_t most_parts(const hls::RenditionState& state, std::uint64_t before_msn) {
  std::size_t most = 0;
  std::size_t counted = 0;
  for (auto segment = state.segments.rbegin();
       segment != state.segments.rend() && counted < kSegmentsCounted; ++segment) {
    if ((*segment)->msn >= before_msn) continue;
    most = std::max(most, (*segment)->parts.size());
    ++counted;
  }
  return most;
}

}  // namespace

std::optional<std::size_t> rendition_of(const hls::Snapshot& snapshot, std::string_view path) {
  const std::string_view name = path.substr(0, path.find_first_of("./"));
  for (std::size_t i = 0; i < snapshot.renditions.size(); ++i) {
    if (snapshot.renditions[i].info->name == name) return i;
  }
  return std::nullopt;
}

std::string live_edge(const hls::Snapshot& snapshot, std::size_t rendition, std::uint64_t epoch) {
  const hls::RenditionState& state = snapshot.renditions[rendition];
  const hls::PartId next = snapshot.next_part(rendition);
  const std::uint64_t first = state.segments.empty() ? next.msn : state.segments.front()->msn;
  std::vector<std::string_view> names;
  for (const auto& each : snapshot.renditions) names.push_back(each.info->name);
  return fmt::format("state={}, first={}, next={}.{}, parts={}, advance={}, init={}, renditions={}",
                     epoch + snapshot.version, first, next.msn, next.part,
                     most_parts(state, next.msn), hls::advance_part_limit(snapshot.config),
                     state.init ? state.init->number : 0, fmt::join(names, " "));
}

LiveEdges::LiveEdges()
    : epoch_(static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(
                                            std::chrono::system_clock::now().time_since_epoch())
                                            .count())) {}

const std::string& LiveEdges::get(const hls::Snapshot& snapshot, std::size_t rendition) {
  if (snapshot.version != version_ || values_.size() != snapshot.renditions.size()) {
    version_ = snapshot.version;
    values_.assign(snapshot.renditions.size(), {});
  }
  std::string& value = values_[rendition];
  if (value.empty()) value = live_edge(snapshot, rendition, epoch_);
  return value;
}

}  // namespace spacecast::origin
