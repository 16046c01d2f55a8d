#include "origin/cache_policy.h"

#include <algorithm>
#include <chrono>

namespace spacecast::origin {
namespace {

using std::chrono::seconds;

std::string max_age(seconds age) {
  return "public, max-age=" + std::to_string(age.count());
}

// B.1: six target durations for what is answered when it appears.
seconds blocking_age(const hls::StoreConfig& config) {
  return seconds(6 * config.target_duration_s);
}

// The segment itself, or the newest one that needs the init section.
const hls::Segment* segment_of(const hls::RenditionState& state, const hls::Resource& resource) {
  if (resource.segment) return resource.segment.get();
  const auto uses = [&](const auto& segment) {
    return resource.range.file ? segment->file == resource.range.file
                               : segment->init->bytes == resource.bytes;
  };
  const auto found = std::find_if(state.segments.rbegin(), state.segments.rend(), uses);
  return found == state.segments.rend() ? nullptr : found->get();
}

}  // namespace

std::string cache_control(CacheClass cache_class, const hls::StoreConfig& config) {
  // B.1 allows half a target duration; a second is the least that HTTP can say and the most that
  // joining viewers should lose.
  if (cache_class == CacheClass::kNewest) return max_age(seconds(1));
  return "public, max-age=0, s-maxage=" + std::to_string(blocking_age(config).count());
}

std::string cache_control(const hls::Snapshot& snapshot, const hls::Resource& resource) {
  const hls::StoreConfig& config = snapshot.config;
  // Players ask for parts while they are new, and they are answered as long as their segment.
  if (resource.kind == hls::ResourceKind::kPart) return max_age(blocking_age(config));
  const hls::RenditionState& state = snapshot.renditions[resource.rendition];
  const hls::Segment* segment = segment_of(state, resource);
  if (!segment || state.first_listed >= state.segments.size()) return max_age(blocking_age(config));
  // A segment stays for its own length and a whole playlist's after it has left that, and what
  // caches may keep of a playlist.
  const MediaTime listed = state.edge() - state.segments[state.first_listed]->start;
  const MediaTime left = segment->end() + segment->duration() + listed +
                         MediaTime(blocking_age(config)) - state.edge();
  return max_age(std::max(seconds(1), std::chrono::floor<seconds>(left)));
}

}  // namespace spacecast::origin
