// The presentation: what is published, as immutable snapshots that any thread may read.
//
// One writer (llhlssink's packager) appends finished parts; the store never changes what it has
// published (RFC 8216bis §6.2.1). Readers (origin, archive, file writer) take a snapshot and keep
// it as long as they like; a reader that wants to know of changes subscribes. Parts reach the store
// complete, so a part that a playlist names can be sent at once (§6.2.6).
//
// What is old may leave the memory for a disk: whoever writes segments to files (the archive) tells
// where they lie, and from then on the store holds their names only. A segment that is due to leave
// and lies on no disk leaves the playlist too, with all before it: memory stays bounded whatever
// the disk does.
//
// A store may go on where another one was cut off: it begins with that one's history, and what is
// appended to it starts with EXT-X-DISCONTINUITY and an init section of its own.
//
// Sections are those of RFC 8216bis. Names: a rendition "v0" has the playlist `v0.m3u8` and media
// below `v0/`: `v0/init-1.mp4`, `v0/<msn>.m4s`, `v0/<msn>.<part>.m4s`.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/media_time.h"
#include "base/mutex.h"

namespace spacecast::hls {

struct StoreConfig {
  // EXT-X-TARGETDURATION in seconds (§4.4.3.1), never changed.
  std::uint32_t target_duration_s = 2;
  // PART-TARGET as advertised, in whole milliseconds: the largest part any rendition makes, rounded
  // up (§4.4.4.9). Shared by all renditions so that EXT-X-SERVER-CONTROL is the same in all
  // (§6.2.4).
  MediaTime part_target = std::chrono::milliseconds(342);
  // Complete segments a playlist lists: at least 6 (Apple's authoring specification, 8.11).
  std::uint32_t window_segments = 10;
  // Complete segments of a rendition that stay in memory; 0: all that are answered.
  std::uint32_t memory_segments = 0;
  // Bytes of all renditions together that stay in memory; beyond it the oldest segments go, down to
  // three target durations (§6.2.2).
  std::uint64_t memory_bytes = std::uint64_t{256} << 20;
  // The first media sequence number.
  std::uint64_t first_msn = 0;
};

enum class MediaKind { kVideo, kAudio };

struct RenditionInfo {
  std::string name;  // "v0", "a0".
  MediaKind kind = MediaKind::kVideo;
  std::string codecs;  // "avc1.42c01f", "mp4a.40.2": from the bytes of the init segment.
  std::uint32_t width = 0, height = 0;
  double frame_rate = 0;
  std::uint32_t channels = 0;
  std::uint32_t bandwidth = 0, average_bandwidth = 0;  // bit/s with container overhead.
};

// EXT-X-MAP (§4.4.4.5). Numbered from 1, as a URI stands for the same bytes for ever.
struct InitSection {
  unsigned number = 1;
  Bytes bytes;
};

struct Part {
  MediaTime duration{};  // More than zero, at most the part target.
  bool independent = false;
  bool gap = false;  // EXT-X-PART GAP=YES: no bytes, and a GET answers 404.
  // How many of the first bytes are enough to decode the first frame; 0 where that is not an IDR.
  std::uint32_t i_frame_size = 0;
  std::uint32_t size = 0;
  Bytes bytes;  // Null in a gap, and once they have left the memory.
};

struct Segment {
  std::uint64_t msn = 0;
  MediaTime start{};    // Media time of the first sample, on the store's time line.
  WallTime wall_start;  // EXT-X-PROGRAM-DATE-TIME.
  bool complete = false;
  // The Discontinuity Sequence Number (§4.4.3.3), and whether this segment is the first of it:
  // EXT-X-DISCONTINUITY.
  std::uint64_t discontinuity_sequence = 0;
  bool discontinuity = false;
  std::shared_ptr<const InitSection> init;
  std::vector<Part> parts;
  // Where all its parts lie one after the other, once that is known. Set while complete.
  std::shared_ptr<const std::filesystem::path> file;
  [[nodiscard]] MediaTime duration() const;
  [[nodiscard]] MediaTime end() const { return start + duration(); }
  [[nodiscard]] bool gap() const;        // Any part missing: EXT-X-GAP.
  [[nodiscard]] bool in_memory() const;  // The bytes of all parts that are no gap.
  [[nodiscard]] bool available() const;  // Nothing of it is missing, in memory or in its file.
};

// EXT-X-DATERANGE of who is on air (§4.4.5.1). A delta update leaves out tags by their age in the
// playlist (§6.2.5.1), so each keeps the media time at which its start and its end were announced.
struct DateRange {
  std::string id;
  std::string speaker;  // Public speaker id.
  std::string name;     // Display name.
  WallTime start;
  std::optional<WallTime> end;
  MediaTime start_announced{}, end_announced{};
};

struct RemovedDateRange {
  std::string id;
  MediaTime removed{};
};

struct RenditionState {
  std::shared_ptr<const RenditionInfo> info;
  // Oldest first, the last one possibly in progress. Listed in the playlist from `first_listed` on;
  // what comes before is out of the playlist but still answered (§6.2.2).
  std::vector<std::shared_ptr<const Segment>> segments;
  std::size_t first_listed = 0;
  // That of the part that comes next.
  std::shared_ptr<const InitSection> init;
  // Media time at the end of the playlist; zero before the first part.
  [[nodiscard]] MediaTime edge() const;
  // The segment of that number, null where it is not (or no longer) held.
  [[nodiscard]] std::shared_ptr<const Segment> find(std::uint64_t msn) const;
  // Null where no segment that is held, nor the next part, uses an init section of that number.
  [[nodiscard]] std::shared_ptr<const InitSection> find_init(unsigned number) const;
};

// Names one part, published or next to come: the hint of a playlist is `next_part()`.
struct PartId {
  std::uint64_t msn = 0;
  std::size_t part = 0;
  friend auto operator<=>(const PartId&, const PartId&) = default;
};

struct Snapshot {
  std::uint64_t version = 0;  // +1 with every change.
  StoreConfig config;
  std::vector<RenditionState>
      renditions;  // In the order added; renditions[0] is video where there is any.
  std::vector<DateRange> date_ranges;                 // In order of their start.
  std::vector<RemovedDateRange> removed_date_ranges;  // Within the last CAN-SKIP-UNTIL (§6.2.5.1).
  bool ended = false;
  // True once every rendition lists enough to start a player: two segments, as AVPlayer gives up on
  // a live playlist with fewer. True of whatever there is once ended.
  [[nodiscard]] bool playable() const;
  // The part that this rendition publishes next. Always right, as a segment's last part and its end
  // are published together (§4.4.5.3).
  [[nodiscard]] PartId next_part(std::size_t rendition) const;
};

// What an earlier run published, as far as it is known: renditions with complete segments, all with
// the same last media and discontinuity sequence numbers, none of them in memory.
struct History {
  std::vector<RenditionState> renditions;
  std::vector<DateRange> date_ranges;  // Each with an end.
};

// What opens a segment.
struct SegmentStart {
  MediaTime start{};      // Media time since this run began: the earlier run's is put in front.
  WallTime wall_start{};  // Both of the first sample.
  bool discontinuity = false;
};

class Store {
 public:
  using SnapshotPtr = std::shared_ptr<const Snapshot>;
  // Called on the writer's thread after each change, in order; must only post, never write.
  using Listener = std::function<void(const SnapshotPtr&)>;
  // Ends the listener when dropped; a call that is under way then still finishes.
  using Subscription = std::shared_ptr<const void>;

  // Fails on a configuration that would break a rule (window under 6, part target over half the
  // target duration, …), saying which.
  [[nodiscard]] static Result<std::shared_ptr<Store>> create(StoreConfig config,
                                                             History history = {});

  // Writer, any one thread at a time. All renditions are added before the first part. Returns the
  // rendition's index. One that the history has goes on there and keeps what was said of it, so
  // that the multivariant playlist stays as it is; fails with kConflict where the history has
  // renditions, but not this one, or one of other codecs or size.
  [[nodiscard]] Result<std::size_t> add_rendition(RenditionInfo info, Bytes init)
      SPACECAST_EXCLUDES(writer_);
  // From the next segment on; called between two segments. Published at once, for the hint
  // (§4.4.5.3).
  void set_init(std::size_t rendition, Bytes init) SPACECAST_EXCLUDES(writer_);
  // Appends a part to the rendition's segment in progress, opening one where there is none; `start`
  // counts only for the part that opens a segment. With `last_of_segment` the segment is complete
  // in the same change, so that the preload hint that follows already names the next segment's
  // first part.
  void append_part(std::size_t rendition, Part part, const SegmentStart& start,
                   bool last_of_segment) SPACECAST_EXCLUDES(writer_);
  // A new on-air speaker from `start` on; ends the range in progress. Empty speaker: nobody. The
  // same speaker and name as now changes nothing.
  void set_on_air(std::string speaker, std::string name, WallTime start)
      SPACECAST_EXCLUDES(writer_);
  // Completes what is in progress, ends the range of who is on air and publishes EXT-X-ENDLIST
  // (§6.2.1). Further writes are ignored.
  void end() SPACECAST_EXCLUDES(writer_);

  // A complete segment's parts lie in `file`, one after the other: its bytes may leave the memory.
  // From any thread; counts from the next complete segment on.
  void set_file(std::size_t rendition, std::uint64_t msn, std::filesystem::path file)
      SPACECAST_EXCLUDES(mutex_);

  // Readers, any thread.
  [[nodiscard]] SnapshotPtr snapshot() const SPACECAST_EXCLUDES(mutex_);
  [[nodiscard]] Subscription subscribe(Listener listener) SPACECAST_EXCLUDES(mutex_);

 private:
  // What a rendition remembers beyond what it publishes.
  struct Track {
    MediaTime longest_playlist{};
    bool added = false;  // By this run.
    bool cut = false;    // The next segment is the first after another run's.
  };
  struct NewFile {
    std::size_t rendition = 0;
    std::uint64_t msn = 0;
    std::shared_ptr<const std::filesystem::path> file;
  };

  Store(StoreConfig config, History history);
  void publish(std::shared_ptr<Snapshot> next) SPACECAST_REQUIRES(writer_)
      SPACECAST_EXCLUDES(mutex_);
  void take_files(Snapshot& next) SPACECAST_REQUIRES(writer_) SPACECAST_EXCLUDES(mutex_);
  void leave_memory(Snapshot& next) SPACECAST_REQUIRES(writer_);
  void remove_old_segments(Snapshot& next, std::size_t rendition) SPACECAST_REQUIRES(writer_);

  Mutex writer_;
  std::vector<Track> tracks_ SPACECAST_GUARDED_BY(writer_);
  MediaTime begin_ SPACECAST_GUARDED_BY(writer_){};  // Where this run's media time is zero.
  std::uint64_t date_ranges_made_ SPACECAST_GUARDED_BY(writer_) = 0;
  mutable Mutex mutex_;
  SnapshotPtr current_ SPACECAST_GUARDED_BY(mutex_);
  std::vector<NewFile> new_files_ SPACECAST_GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<const Listener>> listeners_ SPACECAST_GUARDED_BY(mutex_);
};

}  // namespace spacecast::hls
