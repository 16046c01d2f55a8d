#include "speaker/talk_tracker.h"

#include <algorithm>
#include <cmath>

#include "speaker/level.h"

namespace spacecast::speaker {

namespace {

// dB above the floor where sound starts and where it ends; in between it stays what it was.
constexpr float kLoud = 9.0F;
constexpr float kQuiet = 5.0F;
// What a hop is worth: 1.5 in log-odds are one hop of speech; doubt costs more than trust brings.
constexpr float kOddsPerHop = 1.5F;
constexpr float kMost = 1.0F;
constexpr float kLeast = -1.5F;
constexpr float kPauseCost = 0.25F;
constexpr float kEnough = 5;  // Hops of speech that make somebody talking.
constexpr float kMaxSum = 60;
constexpr MediaTime kRunPause = 400ms;  // Longer pauses end a run.
constexpr float kSmoothing = 0.1F;
constexpr float kRecent = 0.25F;
constexpr float kWordDepth = 33.0F;  // dB below the run's loudest: what only rings on.
// What can be heard of speech, dB: below the mean of the run's speech, below its loudest, and above
// what the microphone picks up in pauses.
constexpr float kDepth = 24.0F;
constexpr float kPeakDepth = 31.0F;
constexpr float kAboveRoom = 8.0F;
// An onset is the first sound that can be heard: of what goes on without a gap, and before that of
// what was like speech already and not longer ago than a stop consonant or a breath.
constexpr float kUnlikeSpeech = -0.5F;    // Log-odds.
constexpr std::int64_t kOnsetWindow = 8;  // Blocks,
constexpr std::int64_t kOnsetFilled = 4;  // and how many of them are sound.
constexpr std::int64_t kSoundGap = 14;    // Blocks.
constexpr std::int64_t kSpeechGap = 36;   // Blocks.
constexpr std::int64_t kOnsetReach = 60;  // Blocks before the first evidence.

}  // namespace

const Evidence& TalkTracker::update(const Observation& heard, bool echo) {
  active_ = heard.above_floor > (active_ ? kQuiet : kLoud);
  pass_silently(heard.start / kBlock);
  remember(heard, !echo);
  const bool own = active_ && !echo;
  if (own) last_sound_ = heard.start + kHop;
  const bool sounds =
      heard.start + kHop - last_sound_ <= kRunPause && last_sound_ > MediaTime::zero();
  evidence_.sound = sounds ? evidence_.sound + kHop : MediaTime::zero();
  gather(heard, own);
  return evidence_;
}

// Hops may be left out; what lies between was silent.
void TalkTracker::pass_silently(std::int64_t until_block) {
  const std::int64_t from = newest_block_ + 1;
  constexpr auto kKept = static_cast<std::int64_t>(kBlocks);
  for (std::int64_t i = std::max(from, until_block - kKept); i < until_block; ++i) {
    blocks_[static_cast<std::size_t>(i) % kBlocks] = {};
  }
  const std::int64_t hops = (until_block - from) / static_cast<std::int64_t>(kBlocksPerHop);
  evidence_.spoken = hops < Evidence::kSpokenHops ? evidence_.spoken << hops : 0;
}

void TalkTracker::remember(const Observation& heard, bool own) {
  const std::int64_t first = heard.start / kBlock;
  for (std::size_t i = 0; i < kBlocksPerHop; ++i) {
    blocks_[static_cast<std::size_t>(first) % kBlocks + i] = {own ? heard.levels[i] : kSilence,
                                                              own && heard.odds >= kUnlikeSpeech};
  }
  newest_block_ = first + static_cast<std::int64_t>(kBlocksPerHop) - 1;
}

void TalkTracker::gather(const Observation& heard, bool active) {
  const MediaTime end = heard.start + kHop;
  if (sum_ > 0 && end - std::max(evidence_.last_speech, run_start_) > kRunPause) end_run();
  const float worth = active ? std::clamp(heard.odds / kOddsPerHop, kLeast, kMost) : -kPauseCost;
  recent_ += kRecent * (worth - recent_);
  const float loudest = *std::ranges::max_element(heard.levels);
  bool spoken = false;
  if (worth > 0) {
    if (sum_ <= 0) start_run(heard);
    evidence_.strength += kSmoothing * (heard.above_floor - evidence_.strength);
    peak_ = std::max(peak_, loudest);
    for (const float level : heard.levels) power_ += std::pow(10.0F, level / 10) / kBlocksPerHop;
    ++hops_;
    // A hop of music may sound like speech, several in a row do not; what only rings on is no word.
    spoken = recent_ > 0 && loudest > peak_ - kWordDepth;
  }
  if (spoken) evidence_.last_speech = end;
  const bool audible = spoken && loudest >= audible_from(heard.room);
  evidence_.spoken = evidence_.spoken << 1U | (audible ? 1U : 0U);
  if (sum_ <= 0 && worth <= 0) return;
  sum_ = std::min(sum_ + worth, kMaxSum);
  if (sum_ <= 0) {
    end_run();
    return;
  }
  evidence_.speech = std::chrono::duration_cast<MediaTime>(kHop * static_cast<double>(sum_));
  if (sum_ >= kEnough) evidence_.talking = true;
  if (evidence_.talking && worth > 0) evidence_.onset = find_onset(run_start_, heard.room);
}

void TalkTracker::start_run(const Observation& heard) {
  evidence_.silent_before = heard.start - evidence_.last_speech;
  run_start_ = heard.start;
  evidence_.onset = heard.start;
  evidence_.strength = heard.above_floor;
  peak_ = kSilence;
  power_ = 0;
  hops_ = 0;
}

void TalkTracker::end_run() {
  sum_ = 0;
  evidence_.talking = false;
  evidence_.speech = MediaTime::zero();
}

float TalkTracker::audible_from(float room) const {
  const float level = level_of_power(power_ / static_cast<float>(std::max(hops_, 1)));
  return std::max({room + kAboveRoom, level - kDepth, peak_ - kPeakDepth});
}

MediaTime TalkTracker::find_onset(MediaTime first_hop, float room) const {
  const float threshold = audible_from(room);
  const std::int64_t first = first_hop / kBlock;
  const std::int64_t oldest = std::max<std::int64_t>(
      {0, first - kOnsetReach, newest_block_ - static_cast<std::int64_t>(kBlocks) + 1});
  // A run that is older than what is remembered keeps its onset.
  if (newest_block_ - first >= static_cast<std::int64_t>(kBlocks) - kOnsetReach)
    return evidence_.onset;
  std::int64_t onset = first;
  std::int64_t gap = 0;
  for (std::int64_t i = first - 1; i >= oldest && gap <= kSpeechGap; --i) {
    const bool sound = block(i).level >= threshold;
    if (sound && (gap <= kSoundGap || block(i).like_speech)) {
      onset = i;
      gap = 0;
    } else {
      ++gap;
    }
  }
  // A click of the lips is no onset: half of what follows has to be sound, too.
  const auto sounds = [&](std::int64_t from) {
    std::int64_t count = 0;
    for (std::int64_t i = from; i < from + kOnsetWindow; ++i) {
      count += block(i).level >= threshold ? 1 : 0;
    }
    return count >= kOnsetFilled;
  };
  while (onset + kOnsetWindow <= newest_block_ && !sounds(onset)) ++onset;
  while (onset < newest_block_ && block(onset).level < threshold) ++onset;
  return onset * kBlock;
}

}  // namespace spacecast::speaker
