#include "hls/playlist_writer.h"

#include <algorithm>

#include "hls/names.h"
#include "hls/playlist_text.h"

namespace spacecast::hls {
namespace {

using std::chrono::seconds;
using Form = MediaPlaylistForm;

const Segment* last_complete(const RenditionState& state) {
  for (auto segment = state.segments.rbegin(); segment != state.segments.rend(); ++segment) {
    if ((*segment)->complete) return segment->get();
  }
  return nullptr;
}

}  // namespace

PlaylistWriter::PlaylistWriter(const Snapshot& snapshot, std::size_t rendition, Kind kind,
                               MediaPlaylistForm form)
    : snapshot_(snapshot),
      state_(snapshot.renditions[rendition]),
      rendition_(rendition),
      kind_(kind),
      form_(form),
      listed_(listed()),
      skipped_(segments_to_skip()) {}

// A segment in progress is listed by its parts alone.
PlaylistWriter::Segments PlaylistWriter::listed() const {
  Segments listed = Segments(state_.segments).subspan(state_.first_listed);
  const bool has_parts = kind_ == Kind::kMedia && low_latency();
  if (!has_parts && !listed.empty() && !listed.back()->complete) {
    listed = listed.first(listed.size() - 1);
  }
  return listed;
}

// §6.2.5.1: segments further from the end of the last one, complete or not, than the boundary. A
// segment that the boundary cuts is not yet further.
std::size_t PlaylistWriter::segments_to_skip() const {
  if (snapshot_.ended || listed_.empty()) return 0;
  if (form_ != Form::kDelta && form_ != Form::kDeltaWithDateRanges) return 0;
  const MediaTime end = listed_.back()->end();
  const auto first_kept = std::ranges::find_if(
      listed_, [&](const auto& segment) { return !is_skippable(segment->end(), end); });
  return static_cast<std::size_t>(first_kept - listed_.begin());
}

bool PlaylistWriter::is_skippable(MediaTime time, MediaTime end) const {
  return end - time > skip_boundary(snapshot_.config);
}

bool PlaylistWriter::skips_date_ranges() const {
  return skipped_ > 0 && form_ == Form::kDeltaWithDateRanges;
}

// §6.2.1: a segment's own EXT-X-DISCONTINUITY counts on top of this.
std::uint64_t PlaylistWriter::discontinuity_sequence() const {
  if (state_.segments.empty()) return 0;
  const Segment& first = listed_.empty() ? *state_.segments.back() : *listed_.front();
  return first.discontinuity_sequence - (first.discontinuity ? 1 : 0);
}

void PlaylistWriter::header() {
  line("#EXTM3U");
  // §8: 9 for EXT-X-SKIP, and the same in full and delta so that players see no change; 10 only
  // where date ranges are skipped; 6 for EXT-X-MAP and for what EXT-X-TARGETDURATION means.
  line("#EXT-X-VERSION:{}", skips_date_ranges() ? 10 : low_latency() ? 9 : 6);
  line("#EXT-X-TARGETDURATION:{}", snapshot_.config.target_duration_s);
  if (form_ == Form::kEvent) line("#EXT-X-PLAYLIST-TYPE:{}", snapshot_.ended ? "VOD" : "EVENT");
  if (low_latency()) server_control();
  line("#EXT-X-MEDIA-SEQUENCE:{}",
       listed_.empty() ? snapshot_.next_part(rendition_).msn : listed_.front()->msn);
  // There from the start, as segments may be removed later (§6.2.2).
  line("#EXT-X-DISCONTINUITY-SEQUENCE:{}", discontinuity_sequence());
  if (kind_ == Kind::kIFrames) line("#EXT-X-I-FRAMES-ONLY");
  if (skipped_ > 0) skip();
}

void PlaylistWriter::server_control() {
  const StoreConfig& config = snapshot_.config;
  // Three parts of hold-back is what §4.4.3.8 recommends and the least that Apple's authoring
  // specification (14.3) allows; every part more is as much delay. The tag has the same attributes
  // in all playlists, those without parts too (§6.2.4).
  line(
      "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={},HOLD-BACK={}.0,"
      "CAN-SKIP-UNTIL={}.0,CAN-SKIP-DATERANGES=YES",
      milliseconds_text(3 * config.part_target), 3 * config.target_duration_s,
      std::chrono::duration_cast<seconds>(skip_boundary(config)).count());
  if (kind_ == Kind::kMedia) {
    line("#EXT-X-PART-INF:PART-TARGET={}", milliseconds_text(config.part_target));
  }
}

void PlaylistWriter::skip() {
  if (!skips_date_ranges()) {
    line("#EXT-X-SKIP:SKIPPED-SEGMENTS={}", skipped_);
    return;
  }
  std::string removed;
  for (const RemovedDateRange& range : snapshot_.removed_date_ranges) {
    if (is_skippable(range.removed, state_.edge())) continue;
    if (!removed.empty()) removed += '\t';
    removed += range.id;
  }
  line("#EXT-X-SKIP:SKIPPED-SEGMENTS={},RECENTLY-REMOVED-DATERANGES=\"{}\"", skipped_, removed);
}

void PlaylistWriter::open_segment(const Segment& segment) {
  if (segment.discontinuity) line("#EXT-X-DISCONTINUITY");
  // The first one written needs it in a delta update too: what was skipped had its own (§4.4.5.2).
  // Players that begin anew at a discontinuity find it there, the same or another (§4.4.4.5).
  if (!map_ || map_->number != segment.init->number || segment.discontinuity) {
    line("#EXT-X-MAP:URI=\"{}\"", init_name(*state_.info, *segment.init));
    map_ = segment.init.get();
  }
  line("#EXT-X-PROGRAM-DATE-TIME:{}", wall_time_text(segment.wall_start));
}

// A tag never changes (§6.2.1): the end, known later, comes in a tag of its own with the same ID
// (§4.4.5.1).
void PlaylistWriter::date_ranges() {
  const auto is_skipped = [&](MediaTime announced) {
    return skips_date_ranges() && is_skippable(announced, state_.edge());
  };
  for (const DateRange& range : snapshot_.date_ranges) {
    const std::string start = wall_time_text(range.start);
    if (!is_skipped(range.start_announced)) {
      line(
          "#EXT-X-DATERANGE:ID=\"{}\",CLASS=\"org.spacecast.on-air\",START-DATE=\"{}\","
          "X-SPEAKER=\"{}\",X-NAME=\"{}\"",
          range.id, start, quotable(range.speaker), quotable(range.name));
    }
    if (range.end && !is_skipped(range.end_announced)) {
      line("#EXT-X-DATERANGE:ID=\"{}\",START-DATE=\"{}\",END-DATE=\"{}\"", range.id, start,
           wall_time_text(*range.end));
    }
  }
}

void PlaylistWriter::footer() {
  if (snapshot_.ended) {
    line("#EXT-X-ENDLIST");
  } else if (low_latency() && kind_ == Kind::kMedia) {
    // Neither after ENDLIST (§4.4.5.3), nor for a server that cannot hold the request for it, nor
    // where there are no parts.
    preload_hints();
  }
  if (low_latency()) rendition_reports();
}

// Players that take hints in their order need the map before the part.
void PlaylistWriter::preload_hints() {
  const PartId next = snapshot_.next_part(rendition_);
  if (next.part == 0 && (!map_ || map_->number != state_.init->number)) {
    line("#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\"{}\"", init_name(*state_.info, *state_.init));
  }
  line("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{}\"", part_name(*state_.info, next));
}

// Appendix B.1: of all playlists but this one, and where I-frame playlists are reported, of all of
// them.
void PlaylistWriter::rendition_reports() {
  for (std::size_t i = 0; i < snapshot_.renditions.size(); ++i) {
    const RenditionState& other = snapshot_.renditions[i];
    if (other.segments.empty() || (i == rendition_ && kind_ == Kind::kMedia)) continue;
    const Segment& last = *other.segments.back();
    line("#EXT-X-RENDITION-REPORT:URI=\"{}\",LAST-MSN={},LAST-PART={}", playlist_name(*other.info),
         last.msn, last.parts.size() - 1);
  }
  for (std::size_t i = 0; i < snapshot_.renditions.size(); ++i) {
    const RenditionState& other = snapshot_.renditions[i];
    if (other.info->kind != MediaKind::kVideo) continue;
    const Segment* last = last_complete(other);
    if (!last || (i == rendition_ && kind_ == Kind::kIFrames)) continue;
    line("#EXT-X-RENDITION-REPORT:URI=\"{}\",LAST-MSN={}", i_frame_playlist_name(*other.info),
         last->msn);
  }
}

}  // namespace spacecast::hls
