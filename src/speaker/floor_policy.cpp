#include "speaker/floor_policy.h"

#include <algorithm>
#include <tuple>

namespace spacecast::speaker {

namespace {

constexpr MediaTime kMinShot = 800ms;
constexpr MediaTime kMinShotTalking = 2s;
// Speech that it takes after the one on air has been silent for so long. Where look-ahead hides the
// wait, silence has to last longer: most of what is said into pauses is over then.
struct Step {
  MediaTime silence;
  MediaTime speech;
};
constexpr Step kSteps[] = {{450ms, 100ms}, {350ms, 180ms}, {260ms, 360ms}};
constexpr Step kPatientSteps[] = {{600ms, 100ms}, {450ms, 180ms}, {300ms, 280ms}};
constexpr MediaTime kPatient = 300ms;  // Look-ahead.
constexpr MediaTime kSilent = 260ms;
constexpr MediaTime kInterruption = 900ms;
// Two who have talked at once for a second will go on: neither's pauses are the other's turn, and
// whoever was talked over does not take the floor back by talking on.
constexpr MediaTime kBothTalk = 1s;
constexpr MediaTime kPauseOfBoth = 900ms;
constexpr MediaTime kNewcomer = 1s;
// Nor does anybody come back soon whom the picture has just left, unless into a pause.
constexpr MediaTime kBackAtOnce = 2500ms;
constexpr MediaTime kPauseBeforeBack = 400ms;
constexpr float kNotMuchWeaker = 12.0F;  // dB above the own floor.
// Who has not been heard for longer has stopped, perhaps together with the one on air.
constexpr MediaTime kStillSpeaking = 60ms;
// Unless the one on air has been silent for so long that a first word with a breath after it is no
// "yes".
constexpr MediaTime kLongSilence = 600ms;
constexpr MediaTime kBreath = 260ms;
constexpr MediaTime kAnySound = 1s;
// Hops: a word goes on over shorter gaps; less speech after a longer one was a breath, a key, an
// echo.
constexpr std::int64_t kGap = 10;
constexpr std::int64_t kMuch = 8;
// What is left of look-ahead when a decision can wait no longer.
constexpr MediaTime kSpare = 2 * kHop;

// Who has talked most in the present run; then who began first; then the lower id.
bool weaker(const Candidate& a, const Candidate& b) {
  return std::tuple(a.evidence.speech, b.evidence.onset, b.id) <
         std::tuple(b.evidence.speech, a.evidence.onset, a.id);
}

bool speaks(const Candidate& speaker, MediaTime now, MediaTime pause = kStillSpeaking) {
  return speaker.evidence.talking && now - speaker.evidence.last_speech <= pause;
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

// When the one on air stopped, as far as it matters to one who began at `onset`: what little is
// heard after a gap is no last word.
MediaTime last_word(const Evidence& on_air, MediaTime onset, MediaTime now) {
  const std::int64_t began = (now - onset) / kHop;
  if (began + kGap >= Evidence::kSpokenHops) return on_air.last_speech;
  MediaTime last{};
  bool goes_on = true;
  std::int64_t quiet = 0;
  std::int64_t burst = 0;
  for (std::int64_t ago = began + kGap; ago >= 0; --ago) {
    if ((on_air.spoken >> ago & 1U) == 0) {
      if (++quiet >= kGap) goes_on = false;
      continue;
    }
    if (quiet >= kGap) burst = 0;
    quiet = 0;
    if (++burst >= kMuch) goes_on = true;
    if (goes_on) last = now - ago * kHop;
  }
  return last;
}

// Whether the newcomer has taken the floor from one who talks on.
bool talks_over(const Evidence& newcomer, const Evidence& on_air) {
  return newcomer.speech >= kInterruption && newcomer.silent_before >= kNewcomer &&
         newcomer.strength >= on_air.strength - kNotMuchWeaker;
}

}  // namespace

std::optional<Decision> FloorPolicy::judge(MediaTime now, std::span<const Candidate> speakers) {
  for (const Candidate& speaker : speakers) {
    if (speaker.evidence.talking) last_talked_[speaker.id] = now;
  }
  if (left_) return replace_leaver(now, speakers);
  if (!on_air_) return first(now, speakers);
  const auto on_air = std::ranges::find(speakers, *on_air_, &Candidate::id);
  if (on_air == speakers.end()) return std::nullopt;
  return challenge(now, *on_air, speakers);
}

std::optional<Decision> FloorPolicy::first(MediaTime now, std::span<const Candidate> speakers) {
  const Candidate* next =
      strongest(speakers, [now](const Candidate& speaker) { return speaks(speaker, now); });
  if (!next) {
    next = strongest(speakers,
                     [](const Candidate& speaker) { return speaker.evidence.sound >= kAnySound; });
  }
  if (!next) return std::nullopt;
  return cut_to(*next, now, MediaTime::zero(), Reason::kFirst);
}

std::optional<Decision> FloorPolicy::challenge(MediaTime now, const Candidate& on_air,
                                               std::span<const Candidate> speakers) {
  const MediaTime silence = now - on_air.evidence.last_speech;
  const bool silent = silence >= kSilent;
  const MediaTime pause = silence >= kLongSilence ? kBreath : kStillSpeaking;
  const MediaTime earliest = last_cut_ + (silent ? kMinShot : kMinShotTalking);
  if (now < earliest) return std::nullopt;
  const Candidate* next = strongest(speakers, [&](const Candidate& speaker) {
    if (speaker.id == on_air.id || !speaks(speaker, now, pause)) return false;
    if (!silent) return speaks(on_air, now) && talks_over(speaker.evidence, on_air.evidence);
    return speaker.evidence.speech >= speech_wanted(speaker, on_air.evidence, now) &&
           !may_wait(speaker, now);
  });
  if (!next) return std::nullopt;
  // Nobody is cut off before their last word, unless interrupted.
  if (!silent) return cut_to(*next, now, earliest, Reason::kInterruption);
  return cut_to(*next, now,
                std::max(earliest, last_word(on_air.evidence, next->evidence.onset, now)),
                Reason::kTurn);
}

MediaTime FloorPolicy::speech_wanted(const Candidate& speaker, const Evidence& on_air,
                                     MediaTime now) const {
  const MediaTime silence = now - on_air.last_speech;
  const bool back = speaker.id == before_ && now - last_cut_ < kBackAtOnce;
  const bool both = speaker.evidence.onset + kBothTalk < on_air.last_speech ||
                    (back && speaker.evidence.silent_before < kBothTalk);
  if ((both && silence < kPauseOfBoth) || (back && silence < kPauseBeforeBack)) {
    return MediaTime::max();
  }
  for (const Step& step : lookahead_ >= kPatient ? kPatientSteps : kSteps) {
    if (silence >= step.silence) return step.speech;
  }
  return MediaTime::max();
}

bool FloorPolicy::may_wait(const Candidate& speaker, MediaTime now) const {
  return now + kSpare < speaker.evidence.onset + lookahead_;
}

Decision FloorPolicy::replace_leaver(MediaTime now, std::span<const Candidate> speakers) {
  left_ = false;
  const Candidate* next =
      strongest(speakers, [](const Candidate& speaker) { return speaker.evidence.talking; });
  if (!next) {
    MediaTime latest{-1};
    for (const Candidate& speaker : speakers) {
      const auto talked = last_talked_.find(speaker.id);
      if (talked == last_talked_.end() || talked->second <= latest) continue;
      latest = talked->second;
      next = &speaker;
    }
  }
  // The picture of one who left is gone, so the cut comes as early as it can.
  if (next) return cut_to(*next, now, MediaTime::zero(), Reason::kLeft);
  last_cut_ = std::max(last_cut_, now - lookahead_);
  return {std::nullopt, now, now, last_cut_, Reason::kLeft};
}

Decision FloorPolicy::cut_to(const Candidate& next, MediaTime now, MediaTime earliest,
                             Reason reason) {
  before_ = on_air_;
  on_air_ = next.id;
  MediaTime onset = now;
  if (next.evidence.talking) {
    onset = next.evidence.onset;
  } else if (reason == Reason::kFirst) {
    onset = now - next.evidence.sound;
  }
  const MediaTime from = reason == Reason::kLeft ? MediaTime::zero() : std::max(earliest, onset);
  last_cut_ = std::max({from, now - lookahead_, last_cut_});
  return {next.id, onset, now, last_cut_, reason};
}

void FloorPolicy::leave(SpeakerId id) {
  last_talked_.erase(id);
  if (on_air_ != id) return;
  on_air_.reset();
  left_ = true;
}

}  // namespace spacecast::speaker
