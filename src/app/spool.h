// A private directory for what is larger than memory and of use only while the process lives: the
// rewind window of a Space without an archive.
//
// It goes with its owner. What a killed process has left is removed by the next one that makes a
// spool in the same place: a lock that nobody holds tells that nobody lives there.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.h"

namespace spacecast {

class Spool {
 public:
  // Makes `spacecast-<space>-XXXXXX` (mode 0700) below `parent`. Fails with kIo.
  [[nodiscard]] static Result<Spool> create(const std::filesystem::path& parent,
                                            std::string_view space);
  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&&) = delete;
  ~Spool();

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

 private:
  Spool(std::filesystem::path directory, int lock);
  std::filesystem::path directory_;
  int lock_ = -1;
};

// $TMPDIR, or /var/tmp, which unlike /tmp is on a disk everywhere.
[[nodiscard]] std::filesystem::path spool_parent();

}  // namespace spacecast
