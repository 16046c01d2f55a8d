#include "hls/archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <condition_variable>
#include <system_error>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "hls/archive_tree.h"
#include "hls/journal.h"
#include "hls/names.h"
#include "hls/recovery.h"

namespace spacecast::hls {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLockName = ".lock";

// Held for as long as the archive is open; a process that dies lets go of it.
class DirectoryLock {
 public:
  static Result<DirectoryLock> take(const fs::path& directory) {
    const fs::path path = directory / kLockName;
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) {
      return fail(ErrorCode::kIo,
                  "writing to " + path.string() + ": " + std::generic_category().message(errno));
    }
    DirectoryLock lock(file);
    if (flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
    return fail(ErrorCode::kConflict,
                directory.string() + ": another process writes to it; name another directory");
  }
  DirectoryLock(DirectoryLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock() {
    if (file_ >= 0) close(file_);
  }

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  int file_;
};

// The newest snapshot for the archive's thread, and how far that has come. Shared with the store's
// listener, which may still run when the archive is gone.
class Mailbox {
 public:
  void post(Store::SnapshotPtr snapshot) {
    {
      const MutexLock lock(mutex_);
      // The first one, put in by start(), may come after a newer one.
      if (!newest_ || newest_->version < snapshot->version) newest_ = std::move(snapshot);
    }
    changed_.notify_all();
  }

  void stop() {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
  }

  // The newest snapshot after the one that was tried last; null once stopped and there is none. A
  // last one that failed is given once more then: the disk may have recovered.
  Store::SnapshotPtr take() {
    const MutexLock lock(mutex_);
    while (!stopping_ && newest_->version <= tried_) changed_.wait(mutex_);
    if (newest_->version > tried_) return newest_;
    return std::exchange(failed_, false) ? newest_ : nullptr;
  }

  void tried(std::uint64_t version, bool failed) {
    {
      const MutexLock lock(mutex_);
      // That was the last attempt.
      failed_ = failed && version > tried_;
      tried_ = version;
    }
    changed_.notify_all();
  }

  void wait_until_tried(std::uint64_t version) {
    const MutexLock lock(mutex_);
    while (tried_ < version && !stopping_) changed_.wait(mutex_);
  }

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  Store::SnapshotPtr newest_ SPACECAST_GUARDED_BY(mutex_);
  std::uint64_t tried_ SPACECAST_GUARDED_BY(mutex_) = 0;
  bool failed_ SPACECAST_GUARDED_BY(mutex_) = false;
  bool stopping_ SPACECAST_GUARDED_BY(mutex_) = false;
};

class DirectoryArchive final : public Archive {
 public:
  DirectoryArchive(DirectoryLock lock, Options options, Record record)
      : lock_(std::move(lock)),
        on_error_(std::move(options.on_error)),
        tree_(std::move(record), options.keep, counts_,
              [this](std::size_t rendition, std::uint64_t msn, const fs::path& file) {
                store_->set_file(rendition, msn, file);
              }) {}

  ~DirectoryArchive() override {
    if (!thread_.joinable()) return;
    subscription_.reset();
    mailbox_->stop();
    thread_.join();
  }

  History take_history() override { return tree_.history(); }

  void start(std::shared_ptr<Store> store) override {
    assert(!store_);
    store_ = std::move(store);
    subscription_ = store_->subscribe(
        [mailbox = mailbox_](const Store::SnapshotPtr& snapshot) { mailbox->post(snapshot); });
    mailbox_->post(store_->snapshot());
    thread_ = std::thread([this] { run(); });
  }

  void wait_until_written() override {
    if (store_) mailbox_->wait_until_tried(store_->snapshot()->version);
  }

  [[nodiscard]] const Counts& counts() const override { return counts_; }

 private:
  void run() {
    while (Store::SnapshotPtr snapshot = mailbox_->take()) {
      const std::uint64_t version = snapshot->version;
      const ArchiveTree::Change change = tree_.make_change(*snapshot);
      // A disk that is stuck holds what is not written yet, not all that there was.
      snapshot.reset();
      const Result<void> written = tree_.write(change);
      const bool failing = !written;
      if (counts_.failing.exchange(failing) != failing && failing && on_error_) {
        on_error_(written.error());
      }
      mailbox_->tried(version, failing);
    }
  }

  const DirectoryLock lock_;
  const std::function<void(const Error&)> on_error_;
  Counts counts_;
  std::shared_ptr<Store> store_;
  ArchiveTree tree_;
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  Store::Subscription subscription_;
  std::thread thread_;
};

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

}  // namespace

Result<std::unique_ptr<Archive>> Archive::open(Options options) {
  std::error_code error;
  const fs::path directory = fs::absolute(options.directory, error);
  if (!error) fs::create_directories(directory, error);
  if (error) {
    return fail(ErrorCode::kIo, "making " + options.directory.string() + ": " + error.message());
  }
  auto lock = DirectoryLock::take(directory);
  if (!lock) return std::unexpected(lock.error());
  const bool recording = is_there(directory / kJournalName);
  if (options.keep == Keep::kWindow && recording) {
    return fail(ErrorCode::kConflict, directory.string() +
                                          ": holds a recording, which would be overwritten; name "
                                          "another directory");
  }
  if (options.keep == Keep::kAll && !recording && is_there(directory / kMultivariantName)) {
    return fail(
        ErrorCode::kConflict,
        directory.string() + ": holds a presentation that is no recording; name another directory");
  }
  Record record(directory);
  if (options.keep == Keep::kAll) {
    auto recovered = recover(directory);
    if (!recovered) return std::unexpected(recovered.error());
    record = std::move(*recovered);
  }
  return std::make_unique<DirectoryArchive>(std::move(*lock), std::move(options),
                                            std::move(record));
}

}  // namespace spacecast::hls
