// Whose picture must be ready to be shown: a camera costs decoding, and a keyframe takes a moment
// to come. The most urgent first, at most kMost:
//
//   on air
//   the challenger     who has most evidence of speech of those who are neither on air nor left,
//   from
//                      their first voiced hop on: long before they count as talking
//   who was on air     before the last cut: most often whose turn it is next
//
// Once listed, a challenger stays for kHold after their evidence is gone, and gives way before that
// only to who says clearly more than they did of late: two who mutter do not take turns.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "speaker/floor_policy.h"

namespace spacecast::speaker {

class WatchList {
 public:
  static constexpr std::size_t kMost = 3;
  static constexpr MediaTime kHold = 2s;

  // Once a hop, at its end, after it was judged.
  void update(MediaTime now, std::optional<SpeakerId> on_air, std::span<const Candidate> speakers);
  [[nodiscard]] std::vector<SpeakerId> listed() const;

 private:
  void choose_challenger(MediaTime now, std::span<const Candidate> speakers);

  std::optional<SpeakerId> on_air_;
  std::optional<SpeakerId> before_;  // Whom the last cut left.
  std::optional<SpeakerId> challenger_;
  MediaTime evident_{};  // When the challenger last had evidence.
  MediaTime weight_{};   // What the challenger has said; wears off as time goes by.
};

}  // namespace spacecast::speaker
