#include "hls/media_playlist.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "hls/names.h"
#include "hls/playlist_text.h"

namespace spacecast::hls {
namespace {

using std::chrono::seconds;
using Form = MediaPlaylistForm;

class MediaPlaylistWriter {
 public:
  MediaPlaylistWriter(const Snapshot& snapshot, std::size_t rendition, Form form)
      : snapshot_(snapshot),
        state_(snapshot.renditions[rendition]),
        rendition_(rendition),
        form_(form),
        listed_(std::span(state_.segments).subspan(state_.first_listed)),
        edge_(state_.edge()),
        skipped_(segments_to_skip()) {}

  std::string write() {
    header();
    if (skipped_ > 0) skip();
    for (const auto& segment : listed_.subspan(skipped_)) write_segment(*segment);
    date_ranges();
    if (snapshot_.ended) {
      line("#EXT-X-ENDLIST");
    } else if (low_latency()) {
      // Neither after ENDLIST (§4.4.5.3) nor for a server that cannot hold the request for it.
      line("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{}\"",
           part_name(*state_.info, snapshot_.next_part(rendition_)));
    }
    if (low_latency()) rendition_reports();
    return std::move(text_);
  }

 private:
  [[nodiscard]] bool low_latency() const { return form_ != Form::kSegmentsOnly; }
  [[nodiscard]] bool skips_date_ranges() const {
    return skipped_ > 0 && form_ == Form::kDeltaWithDateRanges;
  }

  template <typename... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }

  // §6.2.5.1: segments further from the end of the last one, complete or not, than the boundary. A
  // segment that the boundary cuts is not yet further.
  [[nodiscard]] std::size_t segments_to_skip() const {
    if (snapshot_.ended || (form_ != Form::kDelta && form_ != Form::kDeltaWithDateRanges)) return 0;
    const auto first_kept = std::ranges::find_if(
        listed_, [&](const auto& segment) { return !is_skippable(segment->end()); });
    return static_cast<std::size_t>(first_kept - listed_.begin());
  }

  [[nodiscard]] bool is_skippable(MediaTime time) const {
    return edge_ - time > skip_boundary(snapshot_.config);
  }

  void header() {
    const StoreConfig& config = snapshot_.config;
    const std::uint32_t target = config.target_duration_s;
    line("#EXTM3U");
    // §8: 9 for EXT-X-SKIP, and the same in full and delta so that players see no change; 10 only
    // where date ranges are skipped; 6 for EXT-X-MAP.
    line("#EXT-X-VERSION:{}", skips_date_ranges() ? 10 : low_latency() ? 9 : 6);
    line("#EXT-X-TARGETDURATION:{}", target);
    if (low_latency()) {
      // Three parts of hold-back is what §4.4.3.8 recommends and the least that Apple's authoring
      // specification (14.3) allows; every part more is as much delay.
      line(
          "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={},HOLD-BACK={}.0,"
          "CAN-SKIP-UNTIL={}.0,CAN-SKIP-DATERANGES=YES",
          milliseconds_text(3 * config.part_target), 3 * target,
          std::chrono::duration_cast<seconds>(skip_boundary(config)).count());
      line("#EXT-X-PART-INF:PART-TARGET={}", milliseconds_text(config.part_target));
    }
    line("#EXT-X-MEDIA-SEQUENCE:{}", listed_.empty() ? config.first_msn : listed_.front()->msn);
    line("#EXT-X-DISCONTINUITY-SEQUENCE:0");
    line("#EXT-X-MAP:URI=\"{}\"", init_name(*state_.info, *state_.init));
  }

  void skip() {
    if (!skips_date_ranges()) {
      line("#EXT-X-SKIP:SKIPPED-SEGMENTS={}", skipped_);
      return;
    }
    std::string removed;
    for (const RemovedDateRange& range : snapshot_.removed_date_ranges) {
      if (is_skippable(range.removed)) continue;
      if (!removed.empty()) removed += '\t';
      removed += range.id;
    }
    line("#EXT-X-SKIP:SKIPPED-SEGMENTS={},RECENTLY-REMOVED-DATERANGES=\"{}\"", skipped_, removed);
  }

  void write_segment(const Segment& segment) {
    if (!segment.complete && !low_latency()) return;
    line("#EXT-X-PROGRAM-DATE-TIME:{}", wall_time_text(segment.wall_start));
    // §6.2.2: parts go once they are three target durations old; those of a segment together, as
    // players count a part's index from its segment's first.
    if (low_latency() && edge_ - segment.end() < 3 * seconds(snapshot_.config.target_duration_s)) {
      parts(segment);
    }
    if (!segment.complete) return;
    if (segment.gap()) line("#EXT-X-GAP");
    line("#EXTINF:{},", duration_text(segment.duration()));
    line("{}", segment_name(*state_.info, segment.msn));
  }

  void parts(const Segment& segment) {
    for (std::size_t i = 0; i < segment.parts.size(); ++i) {
      const Part& part = segment.parts[i];
      // Players refuse a whole playlist for one part above the target (§4.4.4.9).
      const MediaTime duration = std::min(part.duration, snapshot_.config.part_target);
      line("#EXT-X-PART:DURATION={},URI=\"{}\"{}{}", duration_text(duration),
           part_name(*state_.info, {segment.msn, i}), part.independent ? ",INDEPENDENT=YES" : "",
           part.gap ? ",GAP=YES" : "");
    }
  }

  // A tag never changes (§6.2.1): the end, known later, comes in a tag of its own with the same ID
  // (§4.4.5.1).
  void date_ranges() {
    for (const DateRange& range : snapshot_.date_ranges) {
      const std::string start = wall_time_text(range.start);
      if (!skips_date_ranges() || !is_skippable(range.start_announced)) {
        line(
            "#EXT-X-DATERANGE:ID=\"{}\",CLASS=\"org.spacecast.on-air\",START-DATE=\"{}\","
            "X-SPEAKER=\"{}\",X-NAME=\"{}\"",
            range.id, start, quotable(range.speaker), quotable(range.name));
      }
      if (range.end && (!skips_date_ranges() || !is_skippable(range.end_announced))) {
        line("#EXT-X-DATERANGE:ID=\"{}\",START-DATE=\"{}\",END-DATE=\"{}\"", range.id, start,
             wall_time_text(*range.end));
      }
    }
  }

  void rendition_reports() {
    for (std::size_t i = 0; i < snapshot_.renditions.size(); ++i) {
      const RenditionState& other = snapshot_.renditions[i];
      if (i == rendition_ || other.segments.empty()) continue;
      const Segment& last = *other.segments.back();
      line("#EXT-X-RENDITION-REPORT:URI=\"{}\",LAST-MSN={},LAST-PART={}",
           playlist_name(*other.info), last.msn, last.parts.size() - 1);
    }
  }

  const Snapshot& snapshot_;
  const RenditionState& state_;
  const std::size_t rendition_;
  const Form form_;
  const std::span<const std::shared_ptr<const Segment>> listed_;
  const MediaTime edge_;
  const std::size_t skipped_;
  std::string text_;
};

}  // namespace

MediaTime skip_boundary(const StoreConfig& config) {
  return 6 * seconds(config.target_duration_s);
}

std::string render_media_playlist(const Snapshot& snapshot, std::size_t rendition,
                                  MediaPlaylistForm form) {
  return MediaPlaylistWriter(snapshot, rendition, form).write();
}

}  // namespace spacecast::hls
