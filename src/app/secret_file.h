// Secrets come from files: a command line is for all to read, and an environment is handed on.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace spacecast {

// All of a file of at most 8 KiB. Fails with the file's name.
[[nodiscard]] Result<std::string> read_small_file(const std::string& file);

// The one line of `text` without the white space around it: 16 to 256 visible ASCII characters,
// so that it can go into a header. Fails with the name of the file that it is from, never with what
// is in it.
[[nodiscard]] Result<std::string> parse_secret(std::string_view text, const std::string& file);

// Both.
[[nodiscard]] Result<std::string> read_secret_file(const std::string& file);

}  // namespace spacecast
