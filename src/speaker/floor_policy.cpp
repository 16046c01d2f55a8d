#include "speaker/floor_policy.h"

#include <algorithm>
#include <tuple>

namespace spacecast::speaker {

namespace {

constexpr MediaTime kMinShot = 2s;
constexpr MediaTime kSilent = 250ms;
constexpr MediaTime kInterruption = 1s;
// Who has not been heard for longer has stopped, perhaps together with the one on air.
constexpr MediaTime kStillSpeaking = 100ms;
constexpr float kClearlyLouder = 6.0F;  // dB.

// Who has talked most in the present run; then who began first; then the lower id.
bool weaker(const Candidate& a, const Candidate& b) {
  return std::tuple(a.evidence.speech, b.evidence.onset, b.id) <
         std::tuple(b.evidence.speech, a.evidence.onset, a.id);
}

bool speaks(const Candidate& speaker, MediaTime now) {
  return speaker.evidence.talking && now - speaker.evidence.last_speech <= kStillSpeaking;
}

template <typename Allowed>
const Candidate* strongest(std::span<const Candidate> speakers, Allowed allowed) {
  const Candidate* best = nullptr;
  for (const Candidate& speaker : speakers) {
    if (!allowed(speaker)) continue;
    if (!best || weaker(*best, speaker)) best = &speaker;
  }
  return best;
}

}  // namespace

std::optional<Decision> FloorPolicy::judge(MediaTime now, std::span<const Candidate> speakers) {
  remember(now, speakers);
  if (left_) return replace_leaver(now, speakers);
  if (!on_air_) {
    const Candidate* first =
        strongest(speakers, [now](const Candidate& speaker) { return speaks(speaker, now); });
    if (!first) return std::nullopt;
    return cut_to(*first, now, first->evidence.onset, Reason::kFirst);
  }
  const auto on_air = std::ranges::find(speakers, *on_air_, &Candidate::id);
  if (on_air == speakers.end()) return std::nullopt;
  return challenge(now, *on_air, speakers);
}

void FloorPolicy::remember(MediaTime now, std::span<const Candidate> speakers) {
  for (const Candidate& speaker : speakers) {
    if (speaker.evidence.talking) memory_[speaker.id].last_talked = now;
  }
}

std::optional<Decision> FloorPolicy::challenge(MediaTime now, const Candidate& on_air,
                                               std::span<const Candidate> speakers) {
  for (const Candidate& speaker : speakers) {
    const Evidence& evidence = speaker.evidence;
    if (speaker.id == on_air.id) continue;
    Memory& memory = memory_[speaker.id];
    const bool louder =
        evidence.talking && evidence.strength >= on_air.evidence.strength + kClearlyLouder;
    memory.louder = louder ? memory.louder + kHop : MediaTime::zero();
  }
  const MediaTime earliest = last_cut_ + kMinShot;
  if (now < earliest) return std::nullopt;

  const bool silent = now - on_air.evidence.last_speech >= kSilent;
  const Candidate* next = strongest(speakers, [&](const Candidate& speaker) {
    if (speaker.id == on_air.id || !speaks(speaker, now)) return false;
    return silent || memory_[speaker.id].louder >= kInterruption;
  });
  if (!next) return std::nullopt;
  return cut_to(*next, now, std::max(earliest, next->evidence.onset),
                silent ? Reason::kTurn : Reason::kInterruption);
}

Decision FloorPolicy::replace_leaver(MediaTime now, std::span<const Candidate> speakers) {
  left_ = false;
  const Candidate* next =
      strongest(speakers, [](const Candidate& speaker) { return speaker.evidence.talking; });
  if (!next) {
    MediaTime latest{-1};
    for (const Candidate& speaker : speakers) {
      const MediaTime talked = memory_[speaker.id].last_talked;
      if (talked > latest) {
        latest = talked;
        next = &speaker;
      }
    }
  }
  // The picture of one who left is gone, so the cut comes as early as it can.
  if (next) return cut_to(*next, now, MediaTime::zero(), Reason::kLeft);
  last_cut_ = std::max(last_cut_, now - lookahead_);
  return {std::nullopt, now, now, last_cut_, Reason::kLeft};
}

Decision FloorPolicy::cut_to(const Candidate& next, MediaTime now, MediaTime earliest,
                             Reason reason) {
  on_air_ = next.id;
  last_cut_ = std::max({earliest, now - lookahead_, last_cut_});
  for (auto& [id, memory] : memory_) memory.louder = MediaTime::zero();
  const MediaTime onset = next.evidence.talking ? next.evidence.onset : now;
  return {next.id, onset, now, last_cut_, reason};
}

void FloorPolicy::leave(SpeakerId id) {
  memory_.erase(id);
  if (on_air_ != id) return;
  on_air_.reset();
  left_ = true;
}

}  // namespace spacecast::speaker
