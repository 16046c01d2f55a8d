// The presentation: what is published, as immutable snapshots that any thread may read.
//
// One writer (llhlssink's packager) appends finished parts; the store never changes what it has
// published (RFC 8216bis §6.2.1). Readers (origin, archive, file writer) take a snapshot and keep it as
// long as they like; a reader that wants to know of changes subscribes. Parts reach the store complete,
// so a part that a playlist names can be sent at once (§6.2.6).
//
// Names: a rendition "v0" has the playlist `v0.m3u8` and media below `v0/`: `v0/init-1.mp4`,
// `v0/<msn>.m4s`, `v0/<msn>.<part>.m4s`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
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
  // EXT-X-TARGETDURATION in seconds (R28), never changed.
  std::uint32_t target_duration_s = 2;
  // PART-TARGET as advertised: the largest part any rendition makes, rounded up at the third decimal
  // (R52, R112, R113). Shared by all renditions so that EXT-X-SERVER-CONTROL is the same (R62).
  MediaTime part_target = std::chrono::milliseconds(342);
  // Complete segments a playlist lists (R37: at least 6).
  std::uint32_t window_segments = 10;
  // The first media sequence number.
  std::uint64_t first_msn = 0;
};

enum class MediaKind { kVideo, kAudio };

struct RenditionInfo {
  std::string name;  // "v0", "a0".
  MediaKind kind = MediaKind::kVideo;
  std::string codecs;  // "avc1.42c01f", "mp4a.40.2" (R90): from the bytes of the init segment.
  std::uint32_t width = 0, height = 0;
  double frame_rate = 0;
  std::uint32_t channels = 0;
  std::uint32_t bandwidth = 0, average_bandwidth = 0;  // bit/s with container overhead (R91).
  Bytes init;
};

struct Part {
  MediaTime duration{};
  bool independent = false;
  bool gap = false;  // EXT-X-PART GAP=YES: no bytes, and a GET answers 404.
  Bytes bytes;
};

struct Segment {
  std::uint64_t msn = 0;
  MediaTime start{};     // Media time of the first sample.
  WallTime wall_start{}; // EXT-X-PROGRAM-DATE-TIME.
  bool complete = false;
  std::vector<Part> parts;
  [[nodiscard]] MediaTime duration() const;
  [[nodiscard]] bool gap() const;  // Any part missing: EXT-X-GAP.
};

// EXT-X-DATERANGE of who is on air (§4.4.5.1).
struct DateRange {
  std::string id;
  std::string speaker;  // Public speaker id.
  std::string name;     // Display name.
  WallTime start{};
  std::optional<WallTime> end;
};

struct RenditionState {
  std::shared_ptr<const RenditionInfo> info;
  // Oldest first, the last one possibly in progress. Listed in the playlist from `first_listed` on; what
  // comes before is out of the playlist but still answered (R43, R44).
  std::vector<std::shared_ptr<const Segment>> segments;
  std::size_t first_listed = 0;
};

struct Snapshot {
  std::uint64_t version = 0;  // +1 with every change.
  StoreConfig config;
  std::vector<RenditionState> renditions;  // In the order added; renditions[0] is video where there is any.
  std::vector<DateRange> date_ranges;
  bool ended = false;
  // True once every rendition lists enough to start a player (R121).
  [[nodiscard]] bool playable() const;
};

class Store {
 public:
  using SnapshotPtr = std::shared_ptr<const Snapshot>;
  // Called on the writer's thread after each change; must only post.
  using Listener = std::function<void(const SnapshotPtr&)>;
  using Subscription = std::shared_ptr<void>;  // Ends the listener when dropped.

  // Fails on a configuration that would break a rule (window under 6, part target over half the
  // target duration, …), saying which.
  [[nodiscard]] static Result<std::shared_ptr<Store>> create(StoreConfig config);

  // Writer. All renditions are added before the first part. Returns the rendition's index.
  std::size_t add_rendition(RenditionInfo info);
  // Appends a part to the rendition's segment in progress, opening one that starts at `start` where
  // there is none. `wall_start` is that of the segment's first sample.
  void append_part(std::size_t rendition, Part part, MediaTime start, WallTime wall_start);
  // The segment in progress is complete; the next part opens the next one.
  void finish_segment(std::size_t rendition);
  // A new on-air speaker from `start` on; ends the range in progress. Empty speaker: nobody.
  void set_on_air(std::string speaker, std::string name, WallTime start);
  // Completes what is in progress and publishes EXT-X-ENDLIST (R49). Further writes are ignored.
  void end();

  // Readers, any thread.
  [[nodiscard]] SnapshotPtr snapshot() const;
  [[nodiscard]] Subscription subscribe(Listener listener);

 private:
  explicit Store(StoreConfig config);
  // (implementation in store.cpp)
};

}  // namespace spacecast::hls
