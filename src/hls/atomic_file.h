// Files that other processes may read at any time: a reader sees the whole new file or the old one.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace spacecast::hls {

// Writes the pieces one after the other to a hidden file beside `path` and renames it to `path`.
// Blocks on the disk. On failure (kNotFound where the directory is gone, else kIo; with the path
// and the system's reason) `path` is as it was.
[[nodiscard]] Result<void> write_file_atomically(const std::filesystem::path& path,
                                                 const std::vector<std::string_view>& pieces);

}  // namespace spacecast::hls
