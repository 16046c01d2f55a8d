// What a request for a file of the presentation means, and whether it can be answered yet
// (RFC 8216bis §6.2.5, §6.2.6).
//
// Pure decisions over a snapshot: who asks over which protocol, how long a request may wait (three
// target durations, §6.2.5.2) and what is cached is the origin's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "hls/media_playlist.h"
#include "hls/store.h"

namespace spacecast::hls {

// The delivery directives of a playlist request.
struct Directives {
  std::optional<std::uint64_t> msn;                   // _HLS_msn
  std::optional<std::uint64_t> part;                  // _HLS_part, never without msn.
  MediaPlaylistForm form = MediaPlaylistForm::kFull;  // _HLS_skip
};

// Reads the directives out of a raw query (without '?'), in any order. Parameters that are not
// directives, and `_HLS_` names that are not defined yet, are ignored. Fails with kInvalidArgument
// on a query of more than 1024 bytes, a number that is none, a directive given twice and a part
// without msn.
[[nodiscard]] Result<Directives> parse_directives(std::string_view query);

enum class Decision {
  kReady,        // Render the playlist from this snapshot.
  kWait,         // Ask again with the next snapshot.
  kTooFarAhead,  // A bad request now, though the same one may be right later: not to be cached.
};

// Of the media playlist. Without directives the answer waits for a presentation that can be played
// at all.
[[nodiscard]] Decision decide(const Snapshot& snapshot, std::size_t rendition,
                              const Directives& directives);

// §6.2.5.2: by how many parts a request may be ahead of the last one and still be waited for.
[[nodiscard]] std::uint64_t advance_part_limit(const StoreConfig& config);

// Of the I-frame playlist, which has no parts (§6.2.5.2): _HLS_msn waits for the whole segment, and
// with _HLS_part too, as no sooner answer can have what is asked for.
[[nodiscard]] Decision decide_i_frames(const Snapshot& snapshot, std::size_t rendition,
                                       const Directives& directives);

enum class ResourceKind {
  kNotFound,
  kMultivariantPlaylist,
  kMediaPlaylist,
  kIFramePlaylist,
  kInit,
  kSegment,
  kPart,
  kHintedPart,  // The part that comes next: ask again with the next snapshot (§6.2.6).
};

struct FileRange {
  std::shared_ptr<const std::filesystem::path> file;
  std::uint64_t offset = 0, size = 0;
};

struct Resource {
  ResourceKind kind = ResourceKind::kNotFound;
  std::size_t rendition = 0;               // Of all kinds but kNotFound and kMultivariantPlaylist.
  Bytes bytes;                             // Of kInit and kPart.
  std::shared_ptr<const Segment> segment;  // Of kSegment, complete; see segment_bytes().
  FileRange range;  // Of kSegment and kPart instead, where the bytes have left the memory.
};

// `path` is relative to the multivariant playlist: "master.m3u8", "v0.m3u8", "v0.iframes.m3u8",
// "v0/init-1.mp4", "v0/26424.m4s", "v0/26424.1.m4s". Missing media (GAP, or neither bytes nor a
// file) and a segment in progress are not found.
[[nodiscard]] Resource resolve(const Snapshot& snapshot, std::string_view path);

// A segment in memory as one file: its parts one after the other (§3.2).
[[nodiscard]] Bytes segment_bytes(const Segment& segment);

}  // namespace spacecast::hls
