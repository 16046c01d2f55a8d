// What a speaker says of itself: the body of PATCH api/speakers/{sid}. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace spacecast::studio {

inline constexpr std::size_t kChangeBytesMax = 1024;

struct SpeakerChange {
  std::optional<bool> camera;
  std::optional<bool> muted;
};

// One JSON object with "camera" and "muted", true or false, at least one of them and nothing else.
[[nodiscard]] Result<SpeakerChange> read_speaker_change(std::string_view json);

}  // namespace spacecast::studio
