// Secrets come from files: a command line is for all to read, and an environment is handed on.
#pragma once

#include <string>

#include "base/error.h"

namespace spacecast {

// The one line of the file without the white space around it: 16 to 256 visible ASCII characters,
// so that it can go into a header. Fails with the file's name, never with what is in it.
[[nodiscard]] Result<std::string> read_secret_file(const std::string& file);

}  // namespace spacecast
