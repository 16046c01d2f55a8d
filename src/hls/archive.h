// Writes a presentation below a directory while it is published: `master.m3u8`, `v0.m3u8`,
// `v0/init-1.mp4`, `v0/<msn>.m4s`, the very bytes that are served.
//
// Disks stall, fill up and fail, so a thread of its own does the work; the publisher only leaves
// the newest snapshot for it. That is the whole queue: snapshots are cumulative, a newer one
// replaces the one that waits, and no slow disk holds more memory than the store's own retention. A
// segment that left the store's memory before it was written is missing: its place in the archive
// is an EXT-X-GAP of its duration.
//
// A segment's file grows with every part; playlists, each replaced as a whole, list complete
// segments. A file server can neither hold requests nor answer hints, so any HLS player plays them,
// at regular latency.
//
// Keep::kWindow holds what the store answers and removes the rest, for a live playlist and its
// rewind window. Keep::kAll holds everything: the playlists are EVENT while the presentation runs
// and VOD at its end, with chapters by speaker (`chapters.json`). Beside them lies `journal.jsonl`,
// one line for each thing that was published and written: what a run that was cut off has left is
// read back from it, and the next run on the same directory goes on from there. Opening what was
// cut off and ending it at once makes it VOD. Nothing is forced onto the medium: a process that is
// killed loses the part being written, a power failure what the system had not written yet, which
// recovery finds by the sizes.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "base/error.h"
#include "hls/store.h"

namespace spacecast::hls {

class Archive {
 public:
  enum class Keep { kWindow, kAll };

  struct Options {
    std::filesystem::path directory;
    Keep keep = Keep::kWindow;
    // On the archive's thread: the disk's first fault, and the first after it had recovered.
    std::function<void(const Error&)> on_error;
  };

  // Readable from any thread.
  struct Counts {
    std::atomic<std::uint64_t> written{0};  // Segments, of all renditions.
    std::atomic<std::uint64_t> missing{0};  // Segments that left the memory unwritten, or were
                                            // removed by somebody else.
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<bool> failing{false};  // The last thing that was tried failed.
  };

  // Makes the directory where there is none, and locks it. Fails with kIo where it cannot be
  // written to, kConflict where another process writes to it or it holds a presentation that has
  // ended or is of another kind.
  [[nodiscard]] static Result<std::unique_ptr<Archive>> open(Options options);

  // What an earlier run left, for the store that goes on from it; empty where there is none.
  // Segments that were being written end with the last part that is whole. Once.
  [[nodiscard]] virtual History take_history() = 0;
  // Begins to write what the store publishes, and to tell it where files lie. Once.
  virtual void start(std::shared_ptr<Store> store) = 0;
  // Waits until no complete segment of the store's newest snapshot is unwritten, or the disk fails.
  // For sources that can wait; any thread but the archive's.
  virtual void wait_until_written() = 0;
  [[nodiscard]] virtual const Counts& counts() const = 0;

  // Writes what is published by now, then ends the thread. A disk that is stuck holds it up for as
  // long as it is: whoever has a deadline ends the process instead, which loses no more than a
  // kill.
  virtual ~Archive() = default;
};

}  // namespace spacecast::hls
