// What the detector says and how its stages talk to each other. Audio is cut into hops of 20 ms on
// the grid of media time; per speaker and hop a tracker makes Evidence; the floor policy turns
// everybody's Evidence into Decisions. A better tracker fills the same Evidence.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/media_time.h"

namespace spacecast::speaker {

using namespace std::chrono_literals;

// The caller's number for a speaker: a slot of the program, a file of `spacecast detect`.
using SpeakerId = std::uint32_t;

// Hop h covers media time [h * kHop, (h + 1) * kHop), for every speaker alike.
constexpr MediaTime kHop = 20ms;

enum class Reason {
  kFirst,         // Nobody was on air.
  kTurn,          // The one on air had fallen silent.
  kInterruption,  // Talked over the one on air, clearly louder, for long enough.
  kLeft,          // The one on air is no longer there.
};

[[nodiscard]] constexpr std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::kFirst:
      return "first";
    case Reason::kTurn:
      return "turn";
    case Reason::kInterruption:
      return "interruption";
    case Reason::kLeft:
      return "left";
  }
  return "";
}

struct Decision {
  std::optional<SpeakerId> speaker;  // Nobody: the one on air left and nobody else ever talked.
  MediaTime onset{};    // First hop of the speech that led here; `decided` where there was none.
  MediaTime decided{};  // End of the last hop that was heard.
  // From when the picture is the speaker's: the onset, where look-ahead reaches back so far. Never
  // earlier than decided - lookahead nor than the cut before; never later than decided.
  MediaTime cut{};
  Reason reason = Reason::kFirst;
  bool operator==(const Decision&) const = default;
};

// What one speaker's audio says at the end of a hop.
struct Evidence {
  bool talking = false;       // In a run of speech that is long enough to be no cough or click.
  MediaTime onset{};          // First sound of the present run.
  MediaTime silent_before{};  // Between the speech before and this run.
  MediaTime speech{};         // How much speech the run has; pauses and noises wear it off.
  MediaTime
      last_speech{};  // End of the last hop with speech, whether or not it counted as talking.
  // Bit n is whether there was speech n hops ago that can be heard.
  std::uint64_t spoken = 0;
  static constexpr std::int64_t kSpokenHops = 64;
  MediaTime sound{};   // For how long there has been sound of any kind.
  float strength = 0;  // dB above this speaker's own noise floor, smoothed over the run.
};

}  // namespace spacecast::speaker
