// Who has the floor. Sees everybody's Evidence once a hop and decides when the picture changes:
//
//   nobody on air           the first who talks; after a second also who only makes a noise
//   on air, silent          whoever talks: the longer the silence, the less evidence it takes, for
//                           what comes into a speaker's short pause may be a "yes" or a "mm"
//   on air, talking         who began later and has talked over them for 0.9 s
//   on air, left            at once: another who talks, else the one who talked last, else nobody
//   everybody silent        no change
//
// Shots last 0.8 s, and two before an interruption. With look-ahead there is time: a decision
// waits until just before it would come too late for a cut on the onset, and a cough or a "yes" is
// over by then.
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
  [[nodiscard]] std::optional<Decision> first(MediaTime now, std::span<const Candidate> speakers);
  [[nodiscard]] Decision replace_leaver(MediaTime now, std::span<const Candidate> speakers);
  [[nodiscard]] std::optional<Decision> challenge(MediaTime now, const Candidate& on_air,
                                                  std::span<const Candidate> speakers);
  // How much the speaker has to have said by now to take over from one who is silent.
  [[nodiscard]] MediaTime speech_wanted(const Candidate& speaker, const Evidence& on_air,
                                        MediaTime now) const;
  // Whether there is still time before a cut on the onset would come too late.
  [[nodiscard]] bool may_wait(const Candidate& speaker, MediaTime now) const;
  [[nodiscard]] Decision cut_to(const Candidate& next, MediaTime now, MediaTime earliest,
                                Reason reason);

  MediaTime lookahead_;
  std::map<SpeakerId, MediaTime> last_talked_;
  std::optional<SpeakerId> on_air_;
  std::optional<SpeakerId> before_;  // Whom the last cut left.
  bool left_ = false;
  MediaTime last_cut_{};
};

}  // namespace spacecast::speaker
