// Reads pieces of files on a thread of its own, so that the loop never waits for a disk.
//
// One piece after the other, as they were asked for; the queue is bounded, so a slow disk makes
// further requests fail at once instead of piling up. read() is for one loop, on which the results
// arrive, too; what is still to be read when the reader goes is dropped.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>

#include "base/bytes.h"
#include "base/error.h"
#include "glibx/loop.h"
#include "hls/reload.h"

namespace spacecast::origin {

class FileReader {
 public:
  // kNotFound where the file is gone or shorter than it should be, kIo where the disk fails.
  using Done = std::move_only_function<void(Result<Bytes>)>;

  FileReader(std::shared_ptr<Loop> loop, std::size_t max_pending);
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;
  // Waits for the piece that is being read.
  ~FileReader();

  // False, and `done` is never called, where max_pending pieces are under way.
  [[nodiscard]] bool read(hls::FileRange range, Done done);

 private:
  class Queue;

  const std::shared_ptr<Loop> loop_;
  const std::size_t max_pending_;
  // On the loop; outlives the reader for as long as results are on their way to it.
  const std::shared_ptr<std::size_t> pending_ = std::make_shared<std::size_t>(0);
  const std::shared_ptr<Queue> queue_;
  std::thread thread_;
};

// The exact bytes of the range, on the calling thread.
[[nodiscard]] Result<Bytes> read_file_range(const hls::FileRange& range);

}  // namespace spacecast::origin
