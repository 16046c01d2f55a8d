#include "app/recording.h"

#include <fmt/format.h>

#include <utility>

#include "app/log.h"

namespace spacecast {
namespace {

// Half a minute in memory: what nearly all viewers ask for, and time for a disk that lags.
constexpr std::uint32_t kMemorySegments = 15;

hls::StoreConfig store_config(std::chrono::minutes dvr, bool on_disk) {
  hls::StoreConfig config;
  const std::chrono::seconds target(config.target_duration_s);
  if (dvr.count() > 0) config.window_segments = static_cast<std::uint32_t>(dvr / target);
  if (on_disk) config.memory_segments = kMemorySegments;
  // Where nothing is known of an earlier run its numbers must not come again (RFC 8216bis §6.2.2):
  // one for each target duration since 1970 is beyond any that a run in the past can have reached.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  config.first_msn = static_cast<std::uint64_t>(now / target);
  return config;
}

}  // namespace

Result<std::shared_ptr<Recording>> Recording::open(const RecordingOptions& options) {
  std::shared_ptr<Recording> recording(new Recording());
  const bool archived = !options.archive.empty();
  const bool on_disk = archived || options.dvr.count() > 0;
  if (on_disk) {
    auto opened = recording->open_disk(options);
    if (!opened && archived) return std::unexpected(opened.error());
    if (!opened) {
      log_event(LogLevel::kWarning, "no rewind window", {{"reason", opened.error().message}});
    }
  }
  const MutexLock lock(recording->mutex_);
  hls::Archive* archive = recording->archive_.get();
  auto store = hls::Store::create(store_config(options.dvr, on_disk),
                                  archive ? archive->take_history() : hls::History{});
  if (!store) return std::unexpected(store.error());
  recording->store_ = std::move(*store);
  if (archive) archive->start(recording->store_);
  return recording;
}

Result<void> Recording::open_disk(const RecordingOptions& options) {
  hls::Archive::Options archive;
  if (options.archive.empty()) {
    auto spool = Spool::create(spool_parent(), options.space);
    if (!spool) return std::unexpected(spool.error());
    spool_.emplace(std::move(*spool));
    archive.directory = spool_->directory() / "hls";
    archive.keep = hls::Archive::Keep::kWindow;
  } else {
    // The path it is served at, so that a static web server takes over as it stands.
    archive.directory = options.archive / "spaces" / options.space / "hls";
    archive.keep = hls::Archive::Keep::kAll;
  }
  directory_ = archive.directory;
  archive.on_error = [directory = directory_](const Error& error) {
    log_event(LogLevel::kError, "disk fails",
              {{"directory", directory}, {"reason", error.message}});
  };
  auto opened = hls::Archive::open(std::move(archive));
  if (!opened) return std::unexpected(opened.error());
  const MutexLock lock(mutex_);
  archive_ = std::move(*opened);
  return {};
}

Recording::~Recording() {
  if (closing_.joinable()) closing_.join();
}

RecordingCounts Recording::counts() const {
  const MutexLock lock(mutex_);
  if (!archive_) return last_;
  const hls::Archive::Counts& counts = archive_->counts();
  return {.written = counts.written,
          .missing = counts.missing,
          .bytes = counts.bytes,
          .failing = counts.failing};
}

void Recording::close(std::shared_ptr<Loop> loop, Task done) {
  closing_ = std::thread([this, loop = std::move(loop), done = std::move(done)]() mutable {
    hls::Archive* archive = nullptr;
    {
      const MutexLock lock(mutex_);
      archive = archive_.get();
    }
    if (archive) {
      // While the figures can still be asked for.
      archive->wait_until_written();
      const RecordingCounts last = counts();
      std::unique_ptr<hls::Archive> closed;
      {
        const MutexLock lock(mutex_);
        last_ = last;
        closed = std::move(archive_);
      }
      closed.reset();
      if (!spool_) {
        log_event(last.missing > 0 ? LogLevel::kWarning : LogLevel::kInfo, "archive closed",
                  {{"directory", directory_},
                   {"segments", fmt::to_string(last.written)},
                   {"missing", fmt::to_string(last.missing)}});
      }
    }
    loop->post(std::move(done));
  });
}

}  // namespace spacecast
