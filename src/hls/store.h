// The presentation: what is published, as immutable snapshots that any thread may read.
//
// One writer (llhlssink's packager) appends finished parts; the store never changes what it has
// published (RFC 8216bis §6.2.1). Readers (origin, archive, file writer) take a snapshot and keep
// it as long as they like; a reader that wants to know of changes subscribes. Parts reach the store
// complete, so a part that a playlist names can be sent at once (§6.2.6).
//
// Sections are those of RFC 8216bis. Names: a rendition "v0" has the playlist `v0.m3u8` and media
// below `v0/`: `v0/init-1.mp4`, `v0/<msn>.m4s`, `v0/<msn>.<part>.m4s`.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
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
  Bytes init;
};

struct Part {
  MediaTime duration{};  // More than zero, at most the part target.
  bool independent = false;
  bool gap = false;  // EXT-X-PART GAP=YES: no bytes, and a GET answers 404.
  Bytes bytes;
};

struct Segment {
  std::uint64_t msn = 0;
  MediaTime start{};    // Media time of the first sample.
  WallTime wall_start;  // EXT-X-PROGRAM-DATE-TIME.
  bool complete = false;
  std::vector<Part> parts;
  [[nodiscard]] MediaTime duration() const;
  [[nodiscard]] MediaTime end() const { return start + duration(); }
  [[nodiscard]] bool gap() const;  // Any part missing: EXT-X-GAP.
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
  // Media time at the end of the playlist; zero before the first part.
  [[nodiscard]] MediaTime edge() const;
  // The segment of that number, null where it is not (or no longer) held.
  [[nodiscard]] std::shared_ptr<const Segment> find(std::uint64_t msn) const;
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

class Store {
 public:
  using SnapshotPtr = std::shared_ptr<const Snapshot>;
  // Called on the writer's thread after each change, in order; must only post, never write.
  using Listener = std::function<void(const SnapshotPtr&)>;
  // Ends the listener when dropped; a call that is under way then still finishes.
  using Subscription = std::shared_ptr<const void>;

  // Fails on a configuration that would break a rule (window under 6, part target over half the
  // target duration, …), saying which.
  [[nodiscard]] static Result<std::shared_ptr<Store>> create(StoreConfig config);

  // Writer, any one thread at a time. All renditions are added before the first part. Returns the
  // rendition's index.
  std::size_t add_rendition(RenditionInfo info) SPACECAST_EXCLUDES(writer_);
  // Appends a part to the rendition's segment in progress, opening one that starts at `start` where
  // there is none. `wall_start` is that of the segment's first sample; both count only for the part
  // that opens a segment. With `last_of_segment` the segment is complete in the same change, so
  // that the preload hint that follows already names the next segment's first part.
  void append_part(std::size_t rendition, Part part, MediaTime start, WallTime wall_start,
                   bool last_of_segment) SPACECAST_EXCLUDES(writer_);
  // A new on-air speaker from `start` on; ends the range in progress. Empty speaker: nobody. The
  // same speaker and name as now changes nothing.
  void set_on_air(std::string speaker, std::string name, WallTime start)
      SPACECAST_EXCLUDES(writer_);
  // Completes what is in progress and publishes EXT-X-ENDLIST (§6.2.1). Further writes are ignored.
  void end() SPACECAST_EXCLUDES(writer_);

  // Readers, any thread.
  [[nodiscard]] SnapshotPtr snapshot() const SPACECAST_EXCLUDES(mutex_);
  [[nodiscard]] Subscription subscribe(Listener listener) SPACECAST_EXCLUDES(mutex_);

 private:
  // What a rendition remembers about its removed segments, oldest first: the media time from which
  // on each need not be answered any more.
  struct Removal {
    std::deque<MediaTime> drop_at;
    MediaTime longest_playlist{};
  };

  explicit Store(StoreConfig config);
  void publish(std::shared_ptr<Snapshot> next) SPACECAST_REQUIRES(writer_)
      SPACECAST_EXCLUDES(mutex_);
  void remove_old_segments(Snapshot& next, std::size_t rendition) SPACECAST_REQUIRES(writer_);

  Mutex writer_;
  std::vector<Removal> removals_ SPACECAST_GUARDED_BY(writer_);
  std::uint64_t date_ranges_made_ SPACECAST_GUARDED_BY(writer_) = 0;
  mutable Mutex mutex_;
  SnapshotPtr current_ SPACECAST_GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<const Listener>> listeners_ SPACECAST_GUARDED_BY(mutex_);
};

}  // namespace spacecast::hls
