#include "app/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

namespace spacecast {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "spacecast-";
// Tells a spool from other directories that are called alike.
constexpr const char* kLockName = ".spool-lock";
// Against others who clean up at the same time.
constexpr int kAttempts = 8;

// Whoever holds the lock owns the directory: to fill it, or to remove it. -1 where another does.
int take_lock(const fs::path& directory, int flags) {
  const int lock =
      open((directory / kLockName).c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
  if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0) {
    close(lock);
    return -1;
  }
  return lock;
}

bool is_ours(const fs::path& directory) {
  struct stat status{};
  return lstat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid == geteuid();
}

void remove_stale(const fs::path& parent) {
  std::error_code error;
  for (fs::directory_iterator each(parent, error), end; !error && each != end;
       each.increment(error)) {
    const fs::path& directory = each->path();
    if (!directory.filename().string().starts_with(kPrefix) || !is_ours(directory)) continue;
    const int lock = take_lock(directory, 0);
    if (lock < 0) continue;
    std::error_code ignored;
    fs::remove_all(directory, ignored);
    close(lock);
  }
}

}  // namespace

fs::path spool_parent() {
  const char* chosen = std::getenv("TMPDIR");
  return chosen && *chosen ? chosen : "/var/tmp";
}

Result<Spool> Spool::create(const fs::path& parent, std::string_view space) {
  remove_stale(parent);
  int error = EAGAIN;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string directory = parent / fmt::format("{}{}-XXXXXX", kPrefix, space);
    if (!mkdtemp(directory.data())) {
      error = errno;
      break;
    }
    const int lock = take_lock(directory, O_CREAT);
    if (lock >= 0) return Spool(directory, lock);
  }
  return fail(ErrorCode::kIo, fmt::format("making a directory below {}: {}", parent.string(),
                                          std::generic_category().message(error)));
}

Spool::Spool(fs::path directory, int lock) : directory_(std::move(directory)), lock_(lock) {}

Spool::Spool(Spool&& other) noexcept
    : directory_(std::move(other.directory_)), lock_(std::exchange(other.lock_, -1)) {}

Spool::~Spool() {
  if (lock_ < 0) return;
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
  close(lock_);
}

}  // namespace spacecast
