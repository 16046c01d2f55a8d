#include "speaker/watch_list.h"

#include <algorithm>

namespace spacecast::speaker {

namespace {

// What another has to have said more than the challenger has.
constexpr MediaTime kClearly = 100ms;
// More than this is not held against others: by then the floor would have been the challenger's.
constexpr MediaTime kMostWeight = 300ms;

const Candidate* find(std::span<const Candidate> speakers, std::optional<SpeakerId> id) {
  if (!id) return nullptr;
  const auto speaker = std::ranges::find(speakers, *id, &Candidate::id);
  return speaker != speakers.end() ? &*speaker : nullptr;
}

}  // namespace

void WatchList::update(MediaTime now, std::optional<SpeakerId> on_air,
                       std::span<const Candidate> speakers) {
  if (on_air != on_air_) {
    if (on_air_) before_ = on_air_;
    on_air_ = on_air;
  }
  if (before_ == on_air_ || !find(speakers, before_)) before_.reset();
  choose_challenger(now, speakers);
}

void WatchList::choose_challenger(MediaTime now, std::span<const Candidate> speakers) {
  const auto listed_already = [this](SpeakerId id) { return id == on_air_ || id == before_; };
  const Candidate* present = find(speakers, challenger_);
  if (!present || listed_already(present->id)) {
    challenger_.reset();
    present = nullptr;
  }
  weight_ = std::max(weight_ - kHop, MediaTime::zero());
  if (present && present->evidence.speech > MediaTime::zero()) {
    weight_ = std::clamp(present->evidence.speech, weight_, kMostWeight);
    evident_ = now;
  }
  if (now - evident_ > kHold) challenger_.reset();

  const Candidate* best = nullptr;
  for (const Candidate& speaker : speakers) {
    if (listed_already(speaker.id) || speaker.evidence.speech <= MediaTime::zero()) continue;
    if (!best || speaker.evidence.speech > best->evidence.speech) best = &speaker;
  }
  if (!best || best->id == challenger_) return;
  if (challenger_ && best->evidence.speech <= weight_ + kClearly) return;
  challenger_ = best->id;
  weight_ = std::min(best->evidence.speech, kMostWeight);
  evident_ = now;
}

std::vector<SpeakerId> WatchList::listed() const {
  std::vector<SpeakerId> ids;
  for (const auto& id : {on_air_, challenger_, before_}) {
    if (id) ids.push_back(*id);
  }
  return ids;
}

}  // namespace spacecast::speaker
