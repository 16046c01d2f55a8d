#include "speaker/level_tracker.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace spacecast::speaker {

namespace {

// dB above the noise floor where speech starts and where it ends; in between it stays what it was.
constexpr float kLoud = 9.0F;
constexpr float kQuiet = 6.0F;
// A cough or a slammed door has less than this.
constexpr MediaTime kEnoughSpeech = 200ms;
// Longer pauses end a run; the pauses between words and syllables do not.
constexpr MediaTime kRunPause = 300ms;
// More speech than this is no more worth, so that one pause ends a long run like any other.
constexpr MediaTime kMaxSpeech = 3s;
constexpr float kSmoothing = 0.1F;
constexpr float kSilence = -127.0F;

// dBov: a signal that is at full scale all the time has 0.
std::optional<float> level_of(const Hop& hop) {
  if (hop.samples.empty() || hop.samples.size() * 100 < hop.rate) return std::nullopt;
  double power = 0;
  for (const float sample : hop.samples) power += static_cast<double>(sample) * sample;
  power /= static_cast<double>(hop.samples.size());
  if (power <= 0) return kSilence;
  return std::max(kSilence, static_cast<float>(10 * std::log10(power)));
}

}  // namespace

const Evidence& LevelTracker::update(const Hop& hop) {
  const MediaTime start = hop.index * kHop;
  const std::optional<float> level = level_of(hop);
  if (level) floor_.update(*level);
  const float above = level ? *level - floor_.level() : 0.0F;
  loud_ = above > (loud_ ? kQuiet : kLoud);
  if (in_run_ && start - evidence_.last_speech >= kRunPause) end_run();
  if (loud_) {
    hear(start, above);
  } else if (in_run_) {
    pause(start + kHop);
  }
  return evidence_;
}

void LevelTracker::hear(MediaTime start, float above_floor) {
  if (!in_run_) {
    in_run_ = true;
    evidence_.onset = start;
    evidence_.strength = above_floor;
  }
  evidence_.speech = std::min(evidence_.speech + kHop, kMaxSpeech);
  evidence_.strength += kSmoothing * (above_floor - evidence_.strength);
  evidence_.last_speech = start + kHop;
  if (evidence_.speech >= kEnoughSpeech) evidence_.talking = true;
}

void LevelTracker::pause(MediaTime end) {
  evidence_.speech -= kHop / 2;
  if (evidence_.speech <= MediaTime::zero() || end - evidence_.last_speech >= kRunPause) end_run();
}

void LevelTracker::end_run() {
  in_run_ = false;
  evidence_.talking = false;
  evidence_.speech = MediaTime::zero();
}

}  // namespace spacecast::speaker
