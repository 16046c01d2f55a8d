#include "speaker/detector.h"

#include <algorithm>

namespace spacecast::speaker {

namespace {

void add_to(EchoGate::Bands& sum, const EchoGate::Bands& bands) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += bands[i];
}

}  // namespace

void Detector::add(SpeakerId id) {
  speakers_.try_emplace(id, next_hop_);
}

void Detector::remove(SpeakerId id) {
  if (speakers_.erase(id) > 0) policy_.leave(id);
}

void Detector::push(SpeakerId id, MediaTime start, unsigned rate, std::span<const float> samples) {
  const auto speaker = speakers_.find(id);
  if (speaker != speakers_.end()) speaker->second.queue.push(start, rate, samples);
}

std::vector<Decision> Detector::advance(MediaTime until) {
  std::vector<Decision> decisions;
  const std::int64_t end = until / kHop;
  // Nothing can be waiting further back than a queue is long.
  if (end - next_hop_ > HopQueue::kMaxHops) {
    next_hop_ = end - HopQueue::kMaxHops;
    for (auto& [id, speaker] : speakers_) speaker.queue.skip_to(next_hop_);
  }
  while (next_hop_ < end) judge_next(decisions);
  return decisions;
}

void Detector::judge_next(std::vector<Decision>& decisions) {
  EchoGate::Bands everybody{};
  for (auto& [id, speaker] : speakers_) {
    speaker.heard = speaker.ear.hear(speaker.queue.take());
    add_to(everybody, speaker.heard.bands);
  }
  candidates_.clear();
  for (auto& [id, speaker] : speakers_) {
    // What a speaker is sent is the sum of the others.
    EchoGate::Bands others = everybody;
    for (std::size_t i = 0; i < others.size(); ++i) {
      others[i] = std::max(others[i] - speaker.heard.bands[i], 0.0F);
    }
    const bool echo = speaker.gate.update(speaker.heard.bands, others);
    candidates_.push_back({id, speaker.tracker.update(speaker.heard, echo)});
  }
  ++next_hop_;
  const auto decision = policy_.judge(next_hop_ * kHop, candidates_);
  if (decision) decisions.push_back(*decision);
  watch_list_.update(next_hop_ * kHop, policy_.on_air(), candidates_);
}

bool Detector::talking(SpeakerId id) const {
  const auto speaker = speakers_.find(id);
  return speaker != speakers_.end() && speaker->second.tracker.evidence().talking;
}

std::vector<SpeakerId> Detector::talking() const {
  std::vector<SpeakerId> ids;
  for (const auto& [id, speaker] : speakers_) {
    if (speaker.tracker.evidence().talking) ids.push_back(id);
  }
  return ids;
}

}  // namespace spacecast::speaker
