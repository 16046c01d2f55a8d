#include "origin/file_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace spacecast::origin {
namespace {

// Hundreds of megabits a second for a segment of some seconds: more is no segment of ours.
constexpr std::uint64_t kSizeMax = std::uint64_t{64} << 20;

class OpenFile {
 public:
  explicit OpenFile(const char* path) : fd_(open(path, O_RDONLY | O_CLOEXEC)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

Result<Bytes> read_file_range(const hls::FileRange& range) {
  const std::string& path = range.file->native();
  const auto refuse = [&](ErrorCode code, std::string_view why) {
    return fail(code, fmt::format("{}, {} bytes from {}: {}", path, range.size, range.offset, why));
  };
  if (range.size > kSizeMax) {
    return refuse(ErrorCode::kIo, fmt::format("at most {} are read", kSizeMax));
  }
  const OpenFile file(path.c_str());
  if (file.fd() < 0) {
    return refuse(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, std::strerror(errno));
  }
  ByteVector bytes(range.size);
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = pread(file.fd(), bytes.data() + filled, bytes.size() - filled,
                                static_cast<off_t>(range.offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return refuse(ErrorCode::kIo, std::strerror(errno));
    if (count == 0) {
      return refuse(ErrorCode::kNotFound, fmt::format("the file ends after {} of them", filled));
    }
    filled += static_cast<std::size_t>(count);
  }
  return make_bytes(std::move(bytes));
}

class FileReader::Queue {
 public:
  struct Job {
    hls::FileRange range;
    Done done;
  };

  void push(Job job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    ready_.notify_one();
  }

  void close() {
    std::deque<Job> dropped;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      dropped.swap(jobs_);
    }
    ready_.notify_one();
  }

  // Nothing once closed.
  std::optional<Job> pop() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
    if (closed_) return std::nullopt;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> jobs_;
  bool closed_ = false;
};

FileReader::FileReader(std::shared_ptr<Loop> loop, std::size_t max_pending)
    : loop_(std::move(loop)), max_pending_(max_pending), queue_(std::make_shared<Queue>()) {
  thread_ = std::thread([loop = loop_, queue = queue_, pending = pending_] {
    while (auto job = queue->pop()) {
      loop->post(
          [pending, done = std::move(job->done), result = read_file_range(job->range)]() mutable {
            --*pending;
            done(std::move(result));
          });
    }
  });
  pthread_setname_np(thread_.native_handle(), "origin-disk");
}

FileReader::~FileReader() {
  queue_->close();
  thread_.join();
}

bool FileReader::read(hls::FileRange range, Done done) {
  if (*pending_ >= max_pending_) return false;
  ++*pending_;
  queue_->push({std::move(range), std::move(done)});
  return true;
}

}  // namespace spacecast::origin
