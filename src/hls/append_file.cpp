#include "hls/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace spacecast::hls {
namespace {

// Zero, or the error number.
int write_all(int file, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return 0;
}

int append(int file, std::uint64_t offset, std::string_view bytes) {
  struct stat status{};
  if (fstat(file, &status) != 0) return errno;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < offset) return ENOENT;
  if (size > offset && ftruncate(file, static_cast<off_t>(offset)) != 0) return errno;
  const int error = write_all(file, offset, bytes);
  // As good as it gets: the next attempt cuts it off in any case.
  if (error != 0) (void)!ftruncate(file, static_cast<off_t>(offset));
  return error;
}

}  // namespace

Result<void> append_to_file(const std::filesystem::path& path, std::uint64_t offset,
                            std::string_view bytes) {
  const int make = offset == 0 ? O_CREAT : 0;
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC | make, 0644);
  int error = file < 0 ? errno : append(file, offset, bytes);
  // Network file systems report here what they could not write.
  if (file >= 0 && close(file) != 0 && error == 0) error = errno;
  if (error == 0) return {};
  return fail(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
              "appending to " + path.string() + ": " + std::generic_category().message(error));
}

}  // namespace spacecast::hls
