// What a speaker is called, in the one form in which everybody is told.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace spacecast::studio {

// A display name (see base/ids.h) in Unicode's normal form C, which playlists have to be in
// (RFC 8216bis §4.1): "é" is one code point, however it was typed.
[[nodiscard]] Result<std::string> read_display_name(std::string_view text);

}  // namespace spacecast::studio
