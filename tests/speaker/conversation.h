// A conversation put together from clips, with the truth about who spoke when. Everything follows
// from family, seed and number of speakers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clips.h"
#include "speaker/decision.h"

namespace spacecast::score {

enum class Family {
  kCalm,     // Long turns, gaps of a tenth to four seconds.
  kLively,   // Short turns, interruptions, voices over each other, "yes", "mm".
  kHostile,  // Coughs, keys, bangs, rustling, fans, hum, music on an open microphone, echo.
  kEdges,    // Somebody leaves in the middle of a word, long silence, whisper, two at once.
};
constexpr Family kFamilies[] = {Family::kCalm, Family::kLively, Family::kHostile, Family::kEdges};
[[nodiscard]] std::string_view to_string(Family family);

enum class Kind {
  kTurn,         // Has the floor, or takes it: belongs on the screen.
  kBackchannel,  // "Yes", "mm", a vain attempt of less than a second: does not.
};

struct Utterance {
  speaker::SpeakerId speaker = 0;
  MediaTime onset{}, end{};
  Kind kind = Kind::kTurn;
  bool whispered = false;
};

// What an utterance is made of: speech without a pause.
struct Stretch {
  speaker::SpeakerId speaker = 0;
  MediaTime onset{}, end{};
};

// Something on a microphone that is no speech; for the metrics and the picture.
struct Noise {
  speaker::SpeakerId speaker = 0;
  MediaTime start{}, end{};
  std::string kind;  // cough, keys, bang, rustle, fan, hum, music, echo
};

struct Leave {
  speaker::SpeakerId speaker = 0;
  MediaTime at{};
};

struct Conversation {
  std::string name;
  Family family = Family::kCalm;
  MediaTime length{};
  std::vector<Sound> tracks;          // By SpeakerId; all of the same length.
  std::vector<Utterance> utterances;  // In order of onset.
  std::vector<Stretch> stretches;     // For whoever learns what is speech.
  std::vector<Noise> noises;          // In order of start.
  std::vector<Leave> leaves;
};

struct Plan {
  Family family = Family::kCalm;
  std::uint64_t seed = 0;
  unsigned speakers = 3;
  MediaTime length{};
  MediaTime music_every = std::chrono::minutes(4);  // In hostile ones.
};

[[nodiscard]] Conversation make_conversation(const Clips& clips, const Plan& plan);

// What is spoken in a set of conversations: tuning and judging sets differ in seeds, too.
[[nodiscard]] std::vector<Plan> plans(Part part);
// What the classifier learns from: tuning recordings, seeds of neither set, more noise than speech.
[[nodiscard]] std::vector<Plan> lessons();

}  // namespace spacecast::score
