// Who is shown, by whatever means: the detector under test and the ways of choosing that others
// use, restated from their published sources and descriptions.
#pragma once

#include <string>
#include <vector>

#include "conversation.h"

namespace spacecast::score {

struct Cut {
  MediaTime at{};  // From when on the speaker is seen.
  std::optional<speaker::SpeakerId> speaker;
  bool operator==(const Cut&) const = default;
};

struct Selection {
  std::vector<Cut> cuts;
  double cpu_seconds = 0;  // Spent on choosing.
};

// Ours. Without look-ahead a cut is seen when it is decided.
[[nodiscard]] Selection select_by_detector(const Conversation& conversation, MediaTime lookahead);

// The speaker whose level, smoothed over 200 ms, is highest, as soon as it is.
[[nodiscard]] Selection select_loudest(const Conversation& conversation);

// Dominant speaker identification after Volfin and Cohen (2013) with the constants of jitsi-utils:
// scores over 20 ms, 100 ms and 1 s, a decision every 300 ms.
[[nodiscard]] Selection select_dominant(const Conversation& conversation);

// LiveKit's levels: per 400 ms the loudest frame less the share of active ones, smoothed; the top
// one is shown.
[[nodiscard]] Selection select_by_livekit_level(const Conversation& conversation);

}  // namespace spacecast::score
