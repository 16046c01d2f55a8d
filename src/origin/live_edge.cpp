#include "origin/live_edge.h"

#include <fmt/format.h>

#include <chrono>
#include <vector>

#include "hls/reload.h"

namespace spacecast::origin {
namespace {

// Segments are as long as the target duration, rounded (RFC 8216bis §4.4.3.1); parts are mostly 85
// % of theirs or more, with exceptions (§4.4.4.9), so half of it is assumed.
std::uint64_t more_parts_than_fit(const hls::StoreConfig& config) {
  const MediaTime longest =
      std::chrono::seconds(config.target_duration_s) + std::chrono::milliseconds(500);
  const MediaTime shortest = config.part_target / 2;
  return static_cast<std::uint64_t>(longest / shortest) + 1;
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
                     more_parts_than_fit(snapshot.config), hls::advance_part_limit(snapshot.config),
                     state.init ? state.init->number : 0, fmt::join(names, " "));
}

}  // namespace spacecast::origin
