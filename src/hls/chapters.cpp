#include "hls/chapters.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

namespace spacecast::hls {
namespace {

using nlohmann::json;

// From wall time to the time line of the playlist, where segments follow each other without the
// time that passed between two runs.
class PlaylistTime {
 public:
  explicit PlaylistTime(const RenditionState& rendition) : segments_(rendition.segments) {
    MediaTime sum{};
    for (const auto& segment : segments_) {
      begins_.push_back(sum);
      sum += segment->duration();
    }
    begins_.push_back(sum);
  }

  [[nodiscard]] MediaTime of(WallTime time) const {
    const auto after = std::ranges::upper_bound(
        segments_, time, {}, [](const auto& segment) { return segment->wall_start; });
    if (after == segments_.begin()) return {};
    const auto index = static_cast<std::size_t>(after - segments_.begin()) - 1;
    return std::min(begins_[index] + (time - segments_[index]->wall_start), begins_[index + 1]);
  }
  [[nodiscard]] MediaTime end() const { return begins_.back(); }

 private:
  const std::vector<std::shared_ptr<const Segment>>& segments_;
  std::vector<MediaTime> begins_;
};

double seconds(MediaTime time) {
  // Milliseconds are as exact as dates of the playlist are.
  return static_cast<double>(std::chrono::round<std::chrono::milliseconds>(time).count()) / 1000;
}

}  // namespace

std::string render_chapters(const Snapshot& presentation) {
  if (presentation.renditions.empty()) return {};
  const PlaylistTime time(presentation.renditions.front());
  json chapters = json::array();
  for (const DateRange& range : presentation.date_ranges) {
    const MediaTime start = time.of(range.start);
    const MediaTime end = range.end ? time.of(*range.end) : time.end();
    // Out of what was recorded.
    if (end <= start) continue;
    chapters.push_back({{"chapter", chapters.size() + 1},
                        {"start-time", seconds(start)},
                        {"duration", seconds(end - start)},
                        {"titles", {{{"language", "und"}, {"title", range.name}}}}});
  }
  if (chapters.empty()) return {};
  return chapters.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string chapters_tag() {
  return fmt::format("#EXT-X-SESSION-DATA:DATA-ID=\"com.apple.hls.chapters\",URI=\"{}\"\n",
                     kChaptersName);
}

}  // namespace spacecast::hls
