// How well a selection shows who speaks. All times are media time; figures are gathered over
// conversations and then summed up.
//
// A turn is taken over on a floor that is free, or that becomes free within a second: what counts
// is the time from when the newcomer has it alone (the later of onset and the other's last word).
// A turn that begins a second or more before the other's end is an interruption and counts from its
// onset, in figures of its own. A turn that had the floor alone for a second and was never shown is
// missed; in every figure of lateness it is as late as it is long.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "conversation.h"
#include "selection.h"

namespace spacecast::score {

class Metrics {
 public:
  void add(const Conversation& conversation, const Selection& selection);

  [[nodiscard]] double right_share() const;  // Of the time in which somebody has a turn.
  [[nodiscard]] double latency(double share) const { return percentile(latencies_, share); }
  [[nodiscard]] double exact_share() const;  // Hand-overs within 40 ms of when they were due.
  [[nodiscard]] double near_share() const;   // Within 300 ms.
  [[nodiscard]] double interruption(double share) const {
    return percentile(interruptions_, share);
  }
  [[nodiscard]] double music(double share) const { return percentile(music_, share); }
  [[nodiscard]] double left(double share) const { return percentile(left_, share); }
  [[nodiscard]] double missed_share() const;  // Of turns that had the floor alone for a second.
  [[nodiscard]] double false_per_hour() const { return per_hour(false_switches_); }
  // Cuts away in the middle of a turn, to somebody who has none or back within two seconds.
  [[nodiscard]] double flaps_per_hour() const { return per_hour(flaps_); }
  [[nodiscard]] double switches_per_hour() const { return per_hour(switches_); }
  [[nodiscard]] double short_shots_per_hour() const { return per_hour(short_shots_); }
  [[nodiscard]] double cpu_share() const;  // Of a core, for each speaker.
  [[nodiscard]] const std::map<std::string, int>& causes() const { return causes_; }
  [[nodiscard]] double hours() const { return hours_; }
  [[nodiscard]] std::size_t turns() const { return turns_; }
  [[nodiscard]] std::size_t hand_overs() const { return latencies_.size(); }
  [[nodiscard]] std::size_t interruptions() const { return interruptions_.size(); }
  [[nodiscard]] std::size_t music_hand_overs() const { return music_.size(); }
  // One line for each thing that went wrong, for whoever tunes.
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  static double percentile(std::vector<double> values, double share);
  [[nodiscard]] double share_within(double bound) const;  // Seconds, of hand-overs.
  [[nodiscard]] double per_hour(int count) const { return hours_ > 0 ? count / hours_ : 0; }

  void score_shares(const Conversation& conversation, const Selection& selection);
  void score_turns(const Conversation& conversation, const Selection& selection);
  void score_cuts(const Conversation& conversation, const Selection& selection);
  void remark(const Conversation& conversation, MediaTime at, const std::string& text);

  double hours_ = 0;
  double right_ = 0;
  double spoken_ = 0;
  double cpu_ = 0;
  double speaker_seconds_ = 0;
  std::vector<double> latencies_;
  std::vector<double> interruptions_;
  std::vector<double> music_;
  std::vector<double> left_;
  std::size_t turns_ = 0;
  std::size_t alone_ = 0;
  std::size_t missed_ = 0;
  int false_switches_ = 0;
  int flaps_ = 0;
  int switches_ = 0;
  int short_shots_ = 0;
  std::map<std::string, int> causes_;
  std::vector<std::string> remarks_;
};

}  // namespace spacecast::score
