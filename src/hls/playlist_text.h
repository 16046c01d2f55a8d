// Values as playlists write them (RFC 8216bis §4.2).
#pragma once

#include <string>
#include <string_view>

#include "base/media_time.h"

namespace spacecast::hls {

// Seconds with five decimals, rounded to the nearest: enough that errors do not add up over a
// playlist (§4.4.4.1). Counted in integers, so that a part as long as the part target never prints
// as longer.
[[nodiscard]] std::string duration_text(MediaTime duration);

// Seconds with six decimals, rounded up, of a part: Shaka 5.2 aborts its source buffer, and with it
// the picture up to the next IDR, where a part starts even a little before the end of the one
// before it. A part of no more than a target in whole milliseconds does not print as more.
[[nodiscard]] std::string part_duration_text(MediaTime duration);

// Seconds with three decimals of a time in whole milliseconds.
[[nodiscard]] std::string milliseconds_text(MediaTime time);

// ISO 8601 in UTC with milliseconds, rounded to the nearest: "2026-11-22T13:00:00.000Z".
[[nodiscard]] std::string wall_time_text(WallTime time);

// Text that may stand between quotes: UTF-8 (what is none becomes U+FFFD), no line break or other
// control character, no '"' (which becomes "'"), and no "{$", which players take for a variable,
// and without its definition for a reason to refuse the playlist (§6.3.1).
[[nodiscard]] std::string quotable(std::string_view text);

}  // namespace spacecast::hls
