#include "metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace spacecast::score {

namespace {

using namespace std::chrono_literals;
using speaker::SpeakerId;

constexpr MediaTime kTick = 10ms;
constexpr MediaTime kInterruption = 1s;
constexpr MediaTime kTolerance = 300ms;
// Seconds: 40 and 300 ms, and a hair for what rounding does.
constexpr double kExact = 0.0401;
constexpr double kNear = 0.3001;

double seconds(MediaTime time) {
  return std::chrono::duration<double>(time).count();
}

bool is_turn(const Utterance& utterance) {
  return utterance.kind == Kind::kTurn;
}

std::optional<SpeakerId> shown_at(const std::vector<Cut>& cuts, MediaTime at) {
  const auto after = std::ranges::upper_bound(cuts, at, {}, &Cut::at);
  return after == cuts.begin() ? std::nullopt : std::prev(after)->speaker;
}

bool has_turn(const Conversation& conversation, SpeakerId id, MediaTime from, MediaTime to) {
  return std::ranges::any_of(conversation.utterances, [&](const Utterance& u) {
    return is_turn(u) && u.speaker == id && u.onset < to && u.end > from;
  });
}

// What was on the microphone of somebody who was shown without having a turn.
std::string cause_of(const Conversation& conversation, SpeakerId id, MediaTime at) {
  for (const Utterance& u : conversation.utterances) {
    if (u.speaker == id && !is_turn(u) && u.onset < at + 500ms && u.end > at - 1500ms) {
      return "backchannel";
    }
  }
  std::string cause = "speech";
  for (const Noise& noise : conversation.noises) {
    if (noise.speaker != id || noise.start > at + 500ms || noise.end < at - 1500ms) continue;
    if (cause == "speech" || noise.kind != "echo") cause = noise.kind;
  }
  return cause;
}

bool on_microphone(const Conversation& conversation, SpeakerId id, MediaTime at,
                   std::string_view kind) {
  return std::ranges::any_of(conversation.noises, [&](const Noise& noise) {
    return noise.speaker == id && noise.kind == kind && noise.start <= at && noise.end > at;
  });
}

}  // namespace

void Metrics::add(const Conversation& conversation, const Selection& selection) {
  hours_ += seconds(conversation.length) / 3600;
  cpu_ += selection.cpu_seconds;
  speaker_seconds_ +=
      seconds(conversation.length) * static_cast<double>(conversation.tracks.size());
  score_shares(conversation, selection);
  score_turns(conversation, selection);
  score_cuts(conversation, selection);
}

void Metrics::score_shares(const Conversation& conversation, const Selection& selection) {
  for (MediaTime at{}; at < conversation.length; at += kTick) {
    bool somebody = false;
    bool right = false;
    const auto shown = shown_at(selection.cuts, at);
    for (const Utterance& u : conversation.utterances) {
      if (u.onset > at) break;
      if (!is_turn(u) || u.end <= at) continue;
      somebody = true;
      right = right || shown == u.speaker;
    }
    spoken_ += somebody ? seconds(kTick) : 0;
    right_ += right ? seconds(kTick) : 0;
  }
}

void Metrics::score_turns(const Conversation& conversation, const Selection& selection) {
  for (const Utterance& turn : conversation.utterances) {
    if (!is_turn(turn)) continue;
    ++turns_;
    // Until when another turn goes on.
    MediaTime busy = turn.onset;
    for (const Utterance& u : conversation.utterances) {
      if (is_turn(u) && u.speaker != turn.speaker && u.onset <= turn.onset && u.end > busy) {
        busy = u.end;
      }
    }
    MediaTime alone_until = turn.end;
    for (const Utterance& u : conversation.utterances) {
      if (is_turn(u) && u.speaker != turn.speaker && u.onset > turn.onset &&
          u.onset < alone_until) {
        alone_until = u.onset;
      }
    }
    const bool counts = alone_until - busy >= 1s;
    alone_ += counts;

    const auto before = shown_at(selection.cuts, turn.onset - 500ms);
    const auto at_onset = shown_at(selection.cuts, turn.onset);
    if (before == turn.speaker && at_onset == turn.speaker) continue;
    const auto cut = std::ranges::find_if(selection.cuts, [&](const Cut& c) {
      return c.speaker == turn.speaker && c.at > turn.onset - 500ms && c.at < turn.end;
    });
    const bool interrupts = busy - turn.onset >= kInterruption;
    const MediaTime due = interrupts ? turn.onset : busy;
    if (cut == selection.cuts.end()) {
      if (!counts) continue;
      ++missed_;
      remark(conversation, turn.onset, fmt::format("{} missed", turn.speaker));
    }
    const double late = seconds((cut == selection.cuts.end() ? turn.end : cut->at) - due);
    (interrupts ? interruptions_ : latencies_).push_back(late);
    if (before && on_microphone(conversation, *before, turn.onset, "music")) {
      music_.push_back(late);
    }
    if (cut != selection.cuts.end() && std::abs(late) > kExact && !interrupts) {
      remark(conversation, turn.onset,
             fmt::format("{} late by {:.2f}{}", turn.speaker, late,
                         turn.whispered ? " (whispered)" : ""));
    }
  }
  for (const Leave& leave : conversation.leaves) {
    if (shown_at(selection.cuts, leave.at - 1ms) != leave.speaker) continue;
    const auto next = std::ranges::find_if(selection.cuts, [&](const Cut& c) {
      return c.at >= leave.at && c.speaker != leave.speaker;
    });
    if (next != selection.cuts.end()) left_.push_back(seconds(next->at - leave.at));
  }
}

void Metrics::score_cuts(const Conversation& conversation, const Selection& selection) {
  const auto& cuts = selection.cuts;
  const auto left = [&](SpeakerId id, MediaTime at) {
    return std::ranges::any_of(conversation.leaves, [&](const Leave& leave) {
      return leave.speaker == id && leave.at < at + 1s;
    });
  };
  for (std::size_t i = 1; i < cuts.size(); ++i) {
    const MediaTime at = cuts[i].at;
    const auto from = cuts[i - 1].speaker;
    const auto to = cuts[i].speaker;
    if (!from || !to || left(*from, at)) continue;
    ++switches_;
    short_shots_ += at - cuts[i - 1].at < 2s;
    const bool wrong = !has_turn(conversation, *to, at - kTolerance, at + kTolerance);
    if (wrong) {
      ++false_switches_;
      const std::string cause = cause_of(conversation, *to, at);
      ++causes_[cause];
      remark(conversation, at, fmt::format("{} shown by {}", *to, cause));
    }
    // In the middle of a turn, to somebody who has none or back to the same turn at once.
    const MediaTime back =
        i + 1 < cuts.size() && cuts[i + 1].speaker == from ? cuts[i + 1].at : MediaTime::max();
    const bool flap = std::ranges::any_of(conversation.utterances, [&](const Utterance& u) {
      return is_turn(u) && u.speaker == *from && u.onset < at - kTolerance &&
             u.end > at + kTolerance && (wrong || (back < at + 2s && back < u.end));
    });
    if (flap) {
      ++flaps_;
      remark(conversation, at, fmt::format("{} cut off for {}", *from, *to));
    }
  }
}

void Metrics::remark(const Conversation& conversation, MediaTime at, const std::string& text) {
  remarks_.push_back(fmt::format("{} {:8.2f} {}", conversation.name, seconds(at), text));
}

double Metrics::percentile(std::vector<double> values, double share) {
  if (values.empty()) return std::nan("");
  std::ranges::sort(values);
  const double rank = std::ceil(share * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

double Metrics::right_share() const {
  return spoken_ > 0 ? right_ / spoken_ : 0;
}

double Metrics::share_within(double bound) const {
  const auto within =
      std::ranges::count_if(latencies_, [&](double late) { return std::abs(late) <= bound; });
  return latencies_.empty() ? 0
                            : static_cast<double>(within) / static_cast<double>(latencies_.size());
}

double Metrics::exact_share() const {
  return share_within(kExact);
}

double Metrics::near_share() const {
  return share_within(kNear);
}

double Metrics::missed_share() const {
  return alone_ > 0 ? static_cast<double>(missed_) / static_cast<double>(alone_) : 0;
}

double Metrics::cpu_share() const {
  return speaker_seconds_ > 0 ? cpu_ / speaker_seconds_ : 0;
}

}  // namespace spacecast::score
