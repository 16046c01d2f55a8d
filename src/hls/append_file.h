// Files that grow at their end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/error.h"

namespace spacecast::hls {

// Puts `bytes` at `offset`, which is where the file ends by the caller's account: what lies beyond
// it, of an attempt that failed half-way, is cut off first. With `offset` 0 the file is made where
// there is none. Blocks on the disk. Fails with kNotFound where the file, or its directory, is gone
// or shorter than that: somebody else removed it; with kIo, naming the path and the system's
// reason, where the disk refuses. Opens the path each time: a file that was removed would take what
// is written to it along.
[[nodiscard]] Result<void> append_to_file(const std::filesystem::path& path, std::uint64_t offset,
                                          std::string_view bytes);

}  // namespace spacecast::hls
