// What a speaker says of itself, or a host of a speaker: the body of PATCH api/speakers/{sid}.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "studio/role.h"

namespace spacecast::studio {

inline constexpr std::size_t kChangeBytesMax = 1024;

struct SpeakerChange {
  std::optional<bool> camera;
  std::optional<bool> muted;
  std::optional<bool> hand;
  std::optional<bool> screen;
  std::optional<bool> pinned;
  std::optional<std::string> name;
};

// One JSON object with at least one of these keys and nothing else; "name" is a display name
// (display_name.h), all others are true or false.
[[nodiscard]] Result<SpeakerChange> read_speaker_change(std::string_view json);

// kForbidden with what is not allowed. A speaker says of itself whether its camera and screen are
// on, whether it is muted and whether its hand is raised. Whoever manages the stage pins, renames,
// and mutes; unmuting is for the one whose microphone it is.
[[nodiscard]] Result<void> check_allowed(const SpeakerChange& change, bool of_oneself, Role by,
                                         Role whom);

}  // namespace spacecast::studio
