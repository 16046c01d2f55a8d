#include "hls/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

namespace spacecast::hls {
namespace {

// Zero, or the error number.
int write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int write_new_file(const std::string& path, const std::vector<std::string_view>& pieces) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return errno;
  int error = 0;
  for (const std::string_view piece : pieces) {
    if (error == 0) error = write_all(file, piece);
  }
  // Network file systems report here what they could not write.
  if (close(file) != 0 && error == 0) error = errno;
  return error;
}

}  // namespace

Result<void> write_file_atomically(const std::filesystem::path& path,
                                   const std::vector<std::string_view>& pieces) {
  const std::string temporary =
      path.parent_path() / fmt::format(".{}.tmp", path.filename().string());
  int error = write_new_file(temporary, pieces);
  if (error == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return {};
  unlink(temporary.c_str());
  return fail(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
              "writing " + path.string() + ": " + std::generic_category().message(error));
}

}  // namespace spacecast::hls
