// Who is on air, from the sound of everybody on stage. Pure: time comes in with the samples, and
// the same samples give the same decisions, however they were divided into blocks and however fast
// they came. `activespeaker` and `spacecast detect` run the same code.
//
// The caller says with advance() up to where everybody has had their chance to be heard; that is
// the only clock. Audio that comes later than that is dropped, audio that is missing counts as
// silence: a speaker who stalls holds nobody up. One thread at a time.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "speaker/decision.h"
#include "speaker/ear.h"
#include "speaker/echo_gate.h"
#include "speaker/floor_policy.h"
#include "speaker/hop_queue.h"
#include "speaker/talk_tracker.h"
#include "speaker/watch_list.h"

namespace spacecast::speaker {

class Detector {
 public:
  struct Options {
    MediaTime lookahead = 400ms;  // How far a cut may lie before its decision.
  };

  explicit Detector(Options options) : policy_(options.lookahead) {}

  // A speaker comes, unknown and silent; one who is there already stays as they are.
  void add(SpeakerId id);
  // A speaker goes; whoever has the same id later is somebody else. Judged with the next hop.
  void remove(SpeakerId id);
  // A block of mono samples, full scale 1.0, whose first is at `start`. HopQueue has the rules for
  // gaps, repeats and nonsense. At most 5 s after the last advance() are kept, nothing before it.
  void push(SpeakerId id, MediaTime start, unsigned rate, std::span<const float> samples);
  // Judges the hops that end at or before `until`. What lies more than 5 s back at the first of
  // them is passed over unheard. Decisions come in the order they were made.
  [[nodiscard]] std::vector<Decision> advance(MediaTime until);

  // As of the last hop judged.
  [[nodiscard]] std::optional<SpeakerId> on_air() const { return policy_.on_air(); }
  [[nodiscard]] bool talking(SpeakerId id) const;
  [[nodiscard]] std::vector<SpeakerId> talking() const;  // In rising order.
  // Whose picture must be ready, the most urgent first (watch_list.h).
  [[nodiscard]] std::vector<SpeakerId> watched() const { return watch_list_.listed(); }

 private:
  struct Speaker {
    explicit Speaker(std::int64_t first_hop) : queue(first_hop) {}
    HopQueue queue;
    Ear ear;
    EchoGate gate;
    TalkTracker tracker;
    Observation heard;  // In the present hop.
  };

  void judge_next(std::vector<Decision>& decisions);

  FloorPolicy policy_;
  WatchList watch_list_;
  std::map<SpeakerId, Speaker> speakers_;
  std::vector<Candidate> candidates_;
  std::int64_t next_hop_ = 0;
};

}  // namespace spacecast::speaker
