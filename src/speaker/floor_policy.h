// Who has the floor. Sees everybody's Evidence once a hop and decides when the picture changes:
//
//   nobody on air           the first who talks
//   on air, silent 250 ms   whoever talks, once the shot has lasted 2 s
//   on air, talking         whoever has talked over them clearly louder for 1 s, likewise
//   on air, left            at once: another who talks, else the one who talked last, else nobody
//   everybody silent        no change
#pragma once

#include <map>
#include <optional>
#include <span>

#include "speaker/decision.h"

namespace spacecast::speaker {

struct Candidate {
  SpeakerId id = 0;
  Evidence evidence;
};

class FloorPolicy {
 public:
  explicit FloorPolicy(MediaTime lookahead) : lookahead_(lookahead) {}

  // All who are there, in rising order of id, at the end of a hop. At most one decision a hop.
  [[nodiscard]] std::optional<Decision> judge(MediaTime now, std::span<const Candidate> speakers);
  // Judged with the next hop.
  void leave(SpeakerId id);
  [[nodiscard]] std::optional<SpeakerId> on_air() const { return on_air_; }

 private:
  struct Memory {
    MediaTime last_talked{-1};  // Negative: never.
    MediaTime louder{};         // For how long above the one on air.
  };

  void remember(MediaTime now, std::span<const Candidate> speakers);
  [[nodiscard]] Decision replace_leaver(MediaTime now, std::span<const Candidate> speakers);
  [[nodiscard]] std::optional<Decision> challenge(MediaTime now, const Candidate& on_air,
                                                  std::span<const Candidate> speakers);
  [[nodiscard]] Decision cut_to(const Candidate& next, MediaTime now, MediaTime earliest,
                                Reason reason);

  MediaTime lookahead_;
  std::map<SpeakerId, Memory> memory_;
  std::optional<SpeakerId> on_air_;
  bool left_ = false;
  MediaTime last_cut_{};
};

}  // namespace spacecast::speaker
