// Evidence that one speaker talks, gathered hop by hop: each hop that sounds like speech adds to
// it, each that sounds like something else takes away, and so does silence. A run of evidence knows
// where its first sound began, although it was not yet known to be speech then.
#pragma once

#include <array>
#include <cstdint>

#include "speaker/decision.h"
#include "speaker/ear.h"

namespace spacecast::speaker {

class TalkTracker {
 public:
  // `echo`: the sound is not the speaker's own.
  const Evidence& update(const Observation& heard, bool echo);
  [[nodiscard]] const Evidence& evidence() const { return evidence_; }

 private:
  struct Block {
    float level = -127;        // dBov.
    bool like_speech = false;  // Or not unlike.
  };
  static constexpr std::size_t kBlocks = 400;  // 2 s.

  void pass_silently(std::int64_t until_block);
  void remember(const Observation& heard, bool own);
  void gather(const Observation& heard, bool active);
  void start_run(const Observation& heard);
  void end_run();
  [[nodiscard]] MediaTime find_onset(MediaTime first_hop, float room) const;
  // The level from which on sound counts as part of what is said, dBov.
  [[nodiscard]] float audible_from(float room) const;
  [[nodiscard]] const Block& block(std::int64_t index) const {
    return blocks_[static_cast<std::size_t>(index) % kBlocks];
  }

  Evidence evidence_;
  std::array<Block, kBlocks> blocks_{};  // Of 5 ms, by number.
  std::int64_t newest_block_ = -1;
  float sum_ = 0;          // Hops of speech.
  float recent_ = 0;       // What the last hops were worth each.
  float peak_ = 0;         // dBov, of the run.
  float power_ = 0;        // Sum over the run's hops of speech,
  int hops_ = 0;           // and how many they were.
  MediaTime run_start_{};  // The hop of the run's first evidence.
  MediaTime last_sound_{};
  bool active_ = false;
};

}  // namespace spacecast::speaker
