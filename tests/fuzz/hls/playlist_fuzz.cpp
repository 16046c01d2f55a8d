// Fuzzes what the playlists are written from: a broadcast of parts of odd lengths, missing media,
// cuts, new init sections, speakers' names of any bytes, files, a restart, an end.
//
// Input: six bytes for the configuration, then one operation after the other. After each, all
// playlists are read as strictly as a player could, and what must hold over time is compared with
// what was said before (RFC 8216bis §6.2.1, §6.2.2).
#include <algorithm>
#include <cstdlib>
#include <map>
#include <ranges>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hls/i_frame_playlist.h"
#include "hls/media_playlist.h"
#include "hls/reload.h"
#include "hls/store.h"
#include "tests/unit/hls/playlist_model.h"

namespace {

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace std::chrono_literals;
using Form = MediaPlaylistForm;

constexpr int kOperationsMax = 200;
constexpr double kRounding = 0.002;  // Seconds, of all durations of a playlist together.
constexpr WallTime kWallStart{std::chrono::hours(24 * 365 * 50)};

void require(bool condition) {
  if (!condition) std::abort();
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  unsigned byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::string text() {
    const std::string_view taken = rest_.substr(0, byte() % 16);
    rest_.remove_prefix(taken.size());
    return std::string(taken);
  }

 private:
  std::string_view rest_;
};

// What one rendition has said so far.
struct Said {
  PlaylistModel media, i_frames;
  std::map<std::uint64_t, ListedSegment> segments, pictures;
};

class Broadcast {
 public:
  explicit Broadcast(Input& input) : input_(input) {
    config_.target_duration_s = 1 + input.byte() % 4;
    config_.part_target =
        std::chrono::milliseconds(1 + (input.byte() * 2) % (config_.target_duration_s * 500));
    config_.window_segments = 6 + input.byte() % 8;
    config_.memory_segments = input.byte() % 4 == 0 ? 6 : 0;
    config_.memory_bytes = 1 + input.byte() * 8;
    config_.first_msn = input.byte();
    begin({});
  }

  void run() {
    for (int i = 0; i < kOperationsMax && !input_.empty(); ++i) {
      operate();
      check();
      if (i % 8 == 7 || input_.empty()) check_names();
    }
  }

 private:
  void begin(History history) {
    store_ = Store::create(config_, std::move(history)).value();
    require(store_->add_rendition({.name = "v0"}, make_bytes("init")).has_value());
    require(store_->add_rendition({.name = "a0", .kind = MediaKind::kAudio}, make_bytes("init"))
                .has_value());
    time_[0] = time_[1] = 0ns;
  }

  void operate() {
    const unsigned code = input_.byte();
    const std::size_t rendition = code & 1U;
    const auto snapshot = store_->snapshot();
    switch ((code >> 1U) % 16) {
      case 0:
        if (snapshot->next_part(rendition).part == 0) {
          store_->set_init(rendition, make_bytes("another"));
        }
        break;
      case 1: {
        const auto start = kWallStart + std::chrono::milliseconds(input_.byte() * 100);
        std::string speaker = input_.text();
        store_->set_on_air(std::move(speaker), input_.text(), start);
        break;
      }
      case 2: {
        const PartId next = snapshot->next_part(rendition);
        const unsigned back = 1 + input_.byte() % 8;
        if (next.msn >= back) store_->set_file(rendition, next.msn - back, "file");
        break;
      }
      case 3:
        if (input_.byte() % 8 == 0) store_->end();
        break;
      case 4:
        restart(*snapshot);
        break;
      case 5:
        cut_[0] = cut_[1] = true;
        break;
      default:
        append(rendition, (code >> 1U) % 16);
    }
  }

  void append(std::size_t rendition, unsigned code) {
    const unsigned flags = input_.byte();
    const auto target = config_.part_target.count();
    Part part{.duration = MediaTime(1 + (target - 1) * static_cast<int>(input_.byte()) / 255),
              .independent = (flags & 1U) != 0,
              .gap = flags % 16 == 2};
    if (!part.gap) {
      part.bytes = make_bytes(ByteVector(1 + flags % 5));
      part.i_frame_size = (flags & 1U) != 0 ? 1 : 0;
    }
    const SegmentStart start{
        .start = time_[rendition],
        .wall_start = kWallStart + std::chrono::duration_cast<WallTime::duration>(time_[rendition]),
        .discontinuity = flags % 32 == 5};
    time_[rendition] += part.duration;
    const bool last = code % 4 == 1;
    if (last) cut_[rendition] = false;
    store_->append_part(rendition, std::move(part), start, last);
  }

  // The run is cut off; its segments, as far as all renditions have them and they can be had, are
  // the next one's history.
  void restart(const Snapshot& snapshot) {
    if (snapshot.ended) return;
    std::uint64_t end = ~std::uint64_t{0};
    for (std::size_t i = 0; i < snapshot.renditions.size(); ++i) {
      end = std::min(end, snapshot.next_part(i).msn);
    }
    History history;
    for (RenditionState state : snapshot.renditions) {
      std::vector<std::shared_ptr<const Segment>> kept;
      for (std::size_t i = state.first_listed; i < state.segments.size(); ++i) {
        if (state.segments[i]->msn >= end) break;
        auto segment = std::make_shared<Segment>(*state.segments[i]);
        for (Part& part : segment->parts) part.bytes = nullptr;
        segment->file = std::make_shared<const std::filesystem::path>("file");
        kept.push_back(std::move(segment));
      }
      state.segments = std::move(kept);
      history.renditions.push_back(std::move(state));
    }
    for (DateRange range : snapshot.date_ranges) {
      if (!range.end) range.end = range.start;
      history.date_ranges.push_back(std::move(range));
    }
    if (!Store::create(config_, history)) return;  // They do not end together.
    begin(std::move(history));
    cuts_.erase(cuts_.lower_bound(end), cuts_.end());
    cuts_.insert(end);
    // All renditions go on at the same time, those that ended earlier after a pause.
    const auto joined = store_->snapshot();
    const auto edge = [&](std::size_t i) { return joined->renditions[i].edge(); };
    pause_ +=
        std::chrono::duration<double>(edge(0) - edge(1)).count() * (edge(0) > edge(1) ? 1 : -1);
    for (Said& said : said_) {
      said.media.hints.clear();
      // What one rendition was ahead by is said anew.
      std::erase_if(said.segments, [&](const auto& known) { return known.first >= end; });
      std::erase_if(said.pictures, [&](const auto& known) { return known.first >= end; });
    }
  }

  void check() {
    const auto snapshot = store_->snapshot();
    for (const std::size_t rendition : {0u, 1u}) {
      Said& said = said_[rendition];
      const auto media = [&](Form form) {
        return read(render_media_playlist(*snapshot, rendition, form));
      };
      const PlaylistModel full = media(Form::kFull);
      check_hints(*snapshot, rendition, said.media, full);
      check_over_time(said.media, full, said.segments);
      check_segments(full);
      for (const Form form : {Form::kDelta, Form::kDeltaWithDateRanges}) {
        check_delta(said.media, media(form), full);
      }
      said.media = full;
      if (rendition == 1) continue;

      const auto i_frames = [&](Form form) {
        return read(render_i_frame_playlist(*snapshot, rendition, form));
      };
      const PlaylistModel pictures = i_frames(Form::kFull);
      check_over_time(said.i_frames, pictures, said.pictures);
      for (const Form form : {Form::kDelta, Form::kDeltaWithDateRanges}) {
        check_delta(said.i_frames, i_frames(form), pictures);
      }
      require(pictures.date_ranges == full.date_ranges);
      said.i_frames = pictures;
    }
  }

  static PlaylistModel read(const std::string& text) {
    PlaylistModel model = PlaylistReader::read(text);
    require(model.problems.empty());
    return model;
  }

  // What is listed keeps its number, its name and all that was said of it.
  static void check_over_time(const PlaylistModel& before, const PlaylistModel& now,
                              std::map<std::uint64_t, ListedSegment>& known) {
    require(now.media_sequence >= before.media_sequence);
    require(number(now, "#EXT-X-DISCONTINUITY-SEQUENCE") >=
            number(before, "#EXT-X-DISCONTINUITY-SEQUENCE"));
    for (ListedSegment segment : now.segments) {
      if (segment.uri.empty()) continue;
      segment.parts.clear();
      require(known.emplace(segment.msn, segment).first->second == segment);
    }
  }

  static std::uint64_t number(const PlaylistModel& model, const char* tag) {
    const auto found = model.tags.find(tag);
    return found == model.tags.end() ? 0 : std::stoull(found->second);
  }

  // What came is what was hinted, its map too where it is another.
  static void check_hints(const Snapshot& snapshot, std::size_t rendition,
                          const PlaylistModel& before, const PlaylistModel& now) {
    require(snapshot.ended ? now.hints.empty() : now.hints.contains("PART"));
    const auto hint = before.hints.find("PART");
    if (hint == before.hints.end() || now.hints == before.hints || now.segments.empty()) return;
    const ListedSegment& last = now.segments.back();
    if (snapshot.ended || last.parts.empty() || last.parts.back().uri != hint->second) {
      // Only an init section was announced.
      require(snapshot.ended || now.hints.at("PART") == hint->second);
      return;
    }
    if (last.parts.size() > 1) return;
    const auto map = before.hints.find("MAP");
    if (map != before.hints.end()) {
      require(last.map == map->second);
    } else {
      require(!before.segments.empty() && last.map == before.segments.back().map);
    }
    require(snapshot.renditions[rendition].segments.back()->parts.size() == 1);
  }

  static double seconds(const ListedSegment& segment) {
    if (!segment.duration.empty()) return std::stod(segment.duration);
    double sum = 0;
    for (const ListedPart& part : segment.parts) sum += std::stod(part.duration);
    return sum;
  }

  // A new run begins with a discontinuity (§6.2.1). No part above the target (§4.4.4.9); those of
  // the last three target durations (§6.2.2).
  void check_segments(const PlaylistModel& full) const {
    const double target = static_cast<double>(config_.part_target.count()) / 1e9;
    double behind = 0;  // From the segment's end to the playlist's.
    for (const ListedSegment& segment : std::views::reverse(full.segments)) {
      require(segment.discontinuity || !cuts_.contains(segment.msn));
      for (const ListedPart& part : segment.parts) {
        require(std::stod(part.duration) <= target + 1e-9);
      }
      const double left = 3 * config_.target_duration_s - behind;
      if (left > kRounding + pause_) require(!segment.parts.empty());
      if (left < -kRounding) require(segment.parts.empty());
      behind += seconds(segment);
    }
  }

  // Skipped is what is further from the end than six target durations (§6.2.5.1).
  void check_skipped(const PlaylistModel& delta, const PlaylistModel& full) const {
    double behind = 0;
    for (const ListedSegment& segment : std::views::reverse(full.segments)) {
      const bool skipped = segment.msn < delta.media_sequence + delta.skipped;
      const double left = 6 * config_.target_duration_s - behind;
      if (left > kRounding + pause_) require(!skipped);
      if (left < -kRounding) require(skipped || full.tags.contains("#EXT-X-ENDLIST"));
      behind += seconds(segment);
    }
  }

  // Whatever is listed can be had; whatever is missing says so. What is for a file server promises
  // nothing that it cannot do.
  void check_names() const {
    const auto snapshot = store_->snapshot();
    for (const Said& said : said_) {
      check_names(*snapshot, said.media);
      check_names(*snapshot, said.i_frames);
    }
    for (const Form form : {Form::kSegmentsOnly, Form::kEvent}) {
      for (const PlaylistModel& playlist : {read(render_media_playlist(*snapshot, 1, form)),
                                            read(render_i_frame_playlist(*snapshot, 0, form))}) {
        require(playlist.hints.empty() && playlist.reports.empty());
        require(!playlist.tags.contains("#EXT-X-SERVER-CONTROL"));
      }
    }
  }

  static void check_names(const Snapshot& snapshot, const PlaylistModel& playlist) {
    const auto kind = [&](std::string_view path) { return resolve(snapshot, path).kind; };
    for (const ListedSegment& segment : playlist.segments) {
      require(kind(segment.map) == ResourceKind::kInit);
      for (const ListedPart& part : segment.parts) {
        require(kind(part.uri) == (part.gap ? ResourceKind::kNotFound : ResourceKind::kPart));
      }
      if (!segment.uri.empty() && !segment.gap)
        require(kind(segment.uri) == ResourceKind::kSegment);
    }
    for (const auto& [type, uri] : playlist.hints) {
      require(kind(uri) == (type == "MAP" ? ResourceKind::kInit : ResourceKind::kHintedPart));
    }
  }

  void check_delta(const PlaylistModel& had, const PlaylistModel& delta,
                   const PlaylistModel& full) const {
    check_skipped(delta, full);
    if (delta.skipped == 0) {
      require(delta.segments == full.segments && delta.date_ranges == full.date_ranges);
      return;
    }
    const auto merged = merge_delta(had, delta);
    require(merged.has_value());
    require(merged->segments == full.segments);
    require(std::set(merged->date_ranges.begin(), merged->date_ranges.end()) ==
            std::set(full.date_ranges.begin(), full.date_ranges.end()));
    require(merged->hints == full.hints && merged->reports == full.reports);
  }

  Input& input_;
  StoreConfig config_;
  std::shared_ptr<Store> store_;
  MediaTime time_[2]{};
  bool cut_[2]{};
  double pause_ = 0;              // Seconds in which a rendition has nothing, at most.
  std::set<std::uint64_t> cuts_;  // Segments that began a run which went on from another.
  Said said_[2];
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Broadcast(input).run();
  return 0;
}
