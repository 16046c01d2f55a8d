// Names that come from outside and names that we make.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace spacecast {

// A Space's id is part of URLs and file names: 1 to 64 of [A-Za-z0-9_-], not starting with '-'.
[[nodiscard]] Result<std::string> parse_space_id(std::string_view text);

// What a person calls themselves: 1 to 64 code points of valid UTF-8 without control characters,
// surrounding white space removed. At most 256 bytes are read.
[[nodiscard]] Result<std::string> parse_display_name(std::string_view text);

// 128 bits from the kernel's CSPRNG in 22 characters of base64url: unguessable session URLs
// (RFC 9725 §4.1) and public ids.
[[nodiscard]] std::string random_id();

}  // namespace spacecast
