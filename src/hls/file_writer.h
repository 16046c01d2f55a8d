// Writes a presentation below a directory while it is published, for a file server to serve:
// `master.m3u8`, `v0.m3u8`, `v0/init-1.mp4`, `v0/<msn>.m4s`.
//
// Disks stall, so a thread of its own does the work; the publisher only leaves the newest snapshot
// for it. That is the whole queue: snapshots are cumulative, a newer one replaces the one that
// waits, and no slow disk holds more memory than the store's own retention. Each file appears
// whole, media before the playlist that names it. A file server can neither hold requests nor
// answer hints, so the playlists list complete segments only: any HLS player plays them, at regular
// latency.
//
// On a disk error the writer goes on and tries again with the next change; the first error is
// reported once. Segments are removed when the store no longer answers them (§6.2.2). What lies in
// the directory from before is left alone, but overwritten where names are the same.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include "base/error.h"
#include "hls/store.h"

namespace spacecast::hls {

class FileWriter {
 public:
  // Called at most once, on the writer's thread.
  using OnError = std::function<void(const Error&)>;

  // Makes the directory where there is none; fails with kIo where it cannot be written to.
  [[nodiscard]] static Result<std::unique_ptr<FileWriter>> create(Store& store,
                                                                  std::filesystem::path directory,
                                                                  OnError on_error);
  // Writes what is published by now, then ends the thread.
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

 private:
  class Mailbox;
  FileWriter(Store& store, std::filesystem::path directory, OnError on_error);

  std::shared_ptr<Mailbox> mailbox_;
  Store::Subscription subscription_;
  std::thread thread_;
};

}  // namespace spacecast::hls
