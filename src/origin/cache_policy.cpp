#include "origin/cache_policy.h"

#include <algorithm>

namespace spacecast::origin {

std::string cache_control(CacheClass cache_class, const hls::StoreConfig& config) {
  const std::uint32_t target = config.target_duration_s;
  const auto max_age = [](std::uint32_t seconds) {
    return "public, max-age=" + std::to_string(seconds);
  };
  switch (cache_class) {
    case CacheClass::kMultivariant:
    case CacheClass::kPlaylist:
      // B.1 allows half a target duration; a second is the least that HTTP can say and the most
      // that joining viewers should lose.
      return max_age(1);
    case CacheClass::kBlockingPlaylist:
    case CacheClass::kPart:
      return max_age(6 * target);
    case CacheClass::kSegment:
      // Stays available for as long as a playlist lists it and as long again (§6.2.2).
      return max_age(config.window_segments * target);
  }
  return "no-store";
}

}  // namespace spacecast::origin
