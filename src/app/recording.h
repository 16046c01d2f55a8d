// What a Space has on disk: with --archive the recording for ever, else a spool for the rewind
// window that goes with the process, or nothing where there is no window. And the store that goes
// with it: its window, what of it stays in memory, and what an earlier run on the same archive has
// left.
//
// Lives on the control loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "app/spool.h"
#include "base/error.h"
#include "base/mutex.h"
#include "glibx/loop.h"
#include "hls/archive.h"
#include "hls/store.h"

namespace spacecast {

struct RecordingOptions {
  std::string space;
  std::filesystem::path archive;  // Empty: none.
  std::chrono::minutes dvr{30};   // 0: the short live window.
};

struct RecordingCounts {
  std::uint64_t written = 0, missing = 0;  // Segments.
  std::uint64_t bytes = 0;
  bool failing = false;
};

class Recording {
 public:
  // Fails where the archive cannot be used. Without one, a disk that gives no spool is logged and
  // gone without: the window is then as long as what stays in memory.
  [[nodiscard]] static Result<std::shared_ptr<Recording>> open(const RecordingOptions& options);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  [[nodiscard]] const std::shared_ptr<hls::Store>& store() const { return store_; }
  // Any thread.
  [[nodiscard]] RecordingCounts counts() const SPACECAST_EXCLUDES(mutex_);
  // Writes what is left once the store has ended, on a thread of its own: a disk may take long.
  // `done` is posted to the loop.
  void close(std::shared_ptr<Loop> loop, Task done) SPACECAST_EXCLUDES(mutex_);

 private:
  Recording() = default;
  Result<void> open_disk(const RecordingOptions& options);

  std::string directory_;
  std::optional<Spool> spool_;  // Outlives the archive that lies in it.
  std::shared_ptr<hls::Store> store_;
  mutable Mutex mutex_;
  std::unique_ptr<hls::Archive> archive_ SPACECAST_GUARDED_BY(mutex_);
  RecordingCounts last_ SPACECAST_GUARDED_BY(mutex_);
  std::thread closing_;
};

}  // namespace spacecast
