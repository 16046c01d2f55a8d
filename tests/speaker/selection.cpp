#include "selection.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <span>

#include "speaker/detector.h"

namespace spacecast::score {

namespace {

using speaker::kHop;
using speaker::SpeakerId;

constexpr std::size_t kHopSamples = 320;

double cpu_now() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Frames of 20 ms for everybody in turn, as the levels of RFC 6464 (dBov, -127 to 0) would come;
// `choose` gets them once a frame and says who is to be shown from the frame's end on.
template <typename Choose>
Selection by_levels(const Conversation& conversation, Choose choose) {
  Selection selection;
  const double begin = cpu_now();
  std::vector<float> levels(conversation.tracks.size());
  std::vector<bool> present(levels.size(), true);
  std::optional<SpeakerId> shown;
  const auto hops = conversation.length / kHop;
  for (std::int64_t hop = 0; hop < hops; ++hop) {
    const MediaTime end = (hop + 1) * kHop;
    for (const Leave& leave : conversation.leaves) {
      if (leave.at < end) present[leave.speaker] = false;
    }
    for (std::size_t i = 0; i < levels.size(); ++i) {
      levels[i] = std::round(level_of(
          &conversation.tracks[i][static_cast<std::size_t>(hop) * kHopSamples], kHopSamples));
    }
    const std::optional<SpeakerId> chosen = choose(hop, levels, present, shown);
    if (chosen != shown) selection.cuts.push_back({end, chosen});
    shown = chosen;
  }
  selection.cpu_seconds = cpu_now() - begin;
  return selection;
}

// One speaker as jitsi-utils' DominantSpeakerIdentification sees them.
class Dominance {
 public:
  void hear(float dbov) {
    const int level = static_cast<int>(127 + dbov);
    track_minimum(level);
    const int heard = level < minimum_ + 10 ? 0 : level;
    std::shift_right(units_.begin(), units_.end(), 1);
    units_[0] = heard / 10;
  }
  // Ln of the speech activity over the three intervals.
  [[nodiscard]] std::array<double, 3> scores() const {
    std::array<int, 10> blocks{};
    for (std::size_t block = 0; block < blocks.size(); ++block) {
      for (std::size_t i = 0; i < 5; ++i) blocks[block] += units_[block * 5 + i] > 7;
    }
    const auto full = static_cast<int>(std::ranges::count_if(blocks, [](int n) { return n > 4; }));
    return {score(13, units_[0], 0.78), score(5, blocks[0], 24), score(10, full, 47)};
  }

 private:
  static double score(int n, int v, double lambda) {
    const double choose = std::lgamma(n + 1) - std::lgamma(v + 1) - std::lgamma(n - v + 1);
    const double value = choose + n * std::log(0.5) - std::log(lambda) + lambda * v;
    return std::log(std::max(value, 1e-10));
  }
  void track_minimum(int level) {
    if (level == 0) return;
    if (minimum_ == 0 || level < minimum_) {
      minimum_ = level;
      next_minimum_ = 0;
      since_ = 0;
      return;
    }
    next_minimum_ = next_minimum_ == 0 ? level : std::min(level, next_minimum_);
    if (++since_ < 750) return;
    minimum_ = static_cast<int>(std::sqrt(static_cast<double>(minimum_) * next_minimum_));
    next_minimum_ = 0;
    since_ = 0;
  }

  std::array<int, 50> units_{};  // Newest first, 0 to 12.
  int minimum_ = 0;
  int next_minimum_ = 0;
  int since_ = 0;
};

}  // namespace

Selection select_by_detector(const Conversation& conversation, MediaTime lookahead) {
  Selection selection;
  const double begin = cpu_now();
  speaker::Detector detector({.lookahead = lookahead});
  const auto count = static_cast<SpeakerId>(conversation.tracks.size());
  for (SpeakerId id = 0; id < count; ++id) detector.add(id);
  auto leave = conversation.leaves.begin();
  const auto hops = conversation.length / kHop;
  for (std::int64_t hop = 0; hop < hops; ++hop) {
    for (; leave != conversation.leaves.end() && leave->at < (hop + 1) * kHop; ++leave) {
      detector.remove(leave->speaker);
    }
    for (SpeakerId id = 0; id < count; ++id) {
      const auto track = std::span(conversation.tracks[id]);
      detector.push(id, hop * kHop, kRate,
                    track.subspan(static_cast<std::size_t>(hop) * kHopSamples, kHopSamples));
    }
    for (const speaker::Decision& decision : detector.advance((hop + 1) * kHop)) {
      selection.cuts.push_back({decision.cut, decision.speaker});
    }
  }
  selection.cpu_seconds = cpu_now() - begin;
  return selection;
}

Selection select_loudest(const Conversation& conversation) {
  constexpr double kSmoothing = 0.1;
  constexpr double kAudible = 1e-5;  // -50 dBov.
  std::vector<double> smoothed(conversation.tracks.size());
  return by_levels(conversation, [&](std::int64_t, const auto& levels, const auto& present,
                                     std::optional<SpeakerId> shown) {
    std::optional<SpeakerId> loudest;
    for (SpeakerId id = 0; id < levels.size(); ++id) {
      smoothed[id] += kSmoothing * (std::pow(10.0, levels[id] / 10.0) - smoothed[id]);
      if (present[id] && smoothed[id] > kAudible &&
          (!loudest || smoothed[id] > smoothed[*loudest])) {
        loudest = id;
      }
    }
    return loudest ? loudest : shown;
  });
}

Selection select_dominant(const Conversation& conversation) {
  std::vector<Dominance> speakers(conversation.tracks.size());
  return by_levels(conversation,
                   [&](std::int64_t hop, const auto& levels, const auto& present,
                       std::optional<SpeakerId> shown) -> std::optional<SpeakerId> {
                     for (SpeakerId id = 0; id < levels.size(); ++id) speakers[id].hear(levels[id]);
                     if (shown && !present[*shown]) shown.reset();
                     if (hop % 15 != 14 && shown) return shown;
                     if (!shown) {  // Any will do, there.
                       for (SpeakerId id = 0; id < levels.size(); ++id) {
                         if (present[id]) return id;
                       }
                       return shown;
                     }
                     const auto own = speakers[*shown].scores();
                     std::optional<SpeakerId> next;
                     double best = 2;
                     for (SpeakerId id = 0; id < levels.size(); ++id) {
                       if (id == *shown || !present[id]) continue;
                       const auto scores = speakers[id].scores();
                       const double medium = scores[1] - own[1];
                       if (scores[0] - own[0] > 3 && medium > best && scores[2] - own[2] > 0) {
                         best = medium;
                         next = id;
                       }
                     }
                     return next ? next : shown;
                   });
}

Selection select_by_livekit_level(const Conversation& conversation) {
  constexpr std::int64_t kFrames = 20;
  struct State {
    float loudest = kNothing;
    int active = 0;
    double smoothed = 0;
  };
  std::vector<State> speakers(conversation.tracks.size());
  return by_levels(conversation, [&](std::int64_t hop, const auto& levels, const auto& present,
                                     std::optional<SpeakerId> shown) {
    for (SpeakerId id = 0; id < levels.size(); ++id) {
      State& speaker = speakers[id];
      if (levels[id] >= -35) {
        speaker.loudest = std::max(speaker.loudest, levels[id]);
        ++speaker.active;
      }
    }
    if (hop % kFrames != kFrames - 1) return shown;
    std::optional<SpeakerId> top;
    for (SpeakerId id = 0; id < levels.size(); ++id) {
      State& speaker = speakers[id];
      if (speaker.active * 100 >= kFrames * 40) {
        const double share = static_cast<double>(speaker.active) / kFrames;
        const double linear = std::pow(10.0, (speaker.loudest + 20 * std::log10(share)) / 20);
        speaker.smoothed += 2.0 / 3.0 * (linear - speaker.smoothed);
      } else {
        speaker.smoothed = 0;  // A window with too little in it is not smoothed over.
      }
      speaker.loudest = kNothing;
      speaker.active = 0;
      if (present[id] && speaker.smoothed > 0.0178 &&
          (!top || speaker.smoothed > speakers[*top].smoothed)) {
        top = id;
      }
    }
    return top ? top : shown;
  });
}

}  // namespace spacecast::score
