#include "plugins/activespeaker/stage.h"

#include <algorithm>
#include <utility>

namespace spacecast {

namespace {

// How far an input that is not live may run ahead of what the next tick needs.
constexpr GstClockTime kAhead = 500 * GST_MSECOND;

MediaTime media_time(GstClockTime time) {
  return MediaTime(static_cast<MediaTime::rep>(time));
}
GstClockTime clock_time(MediaTime time) {
  return static_cast<GstClockTime>(time.count());
}

}  // namespace

void Stage::reset(MediaTime lookahead) {
  const MutexLock lock(mutex_);
  lookahead_ = lookahead;
  detector_ = speaker::Detector({.lookahead = lookahead});
  for (auto& [number, slot] : slots_) {
    slot.frames.clear();
    if (slot.audio) slot.audio->eos = false;
    if (slot.video) slot.video->eos = false;
    if (slot.seats_speaker()) detector_.add(number);
  }
  to_come_.clear();
  on_air_.reset();
  talking_.clear();
  near_ = clock_time(lookahead) + kAhead;
  inputs_end_ = 0;
  ended_ = false;
}

void Stage::attach(StageInput& input) {
  const MutexLock lock(mutex_);
  auto [slot, fresh] = slots_.try_emplace(input.number);
  if (fresh) slot->second.name = std::to_string(input.number);
  if (input.kind == StageInput::Kind::kVideo) {
    slot->second.video = &input;
  } else {
    slot->second.audio = &input;
    detector_.add(input.number);
  }
}

void Stage::detach(StageInput& input) {
  const MutexLock lock(mutex_);
  const auto slot = slots_.find(input.number);
  if (slot == slots_.end()) return;
  if (input.kind == StageInput::Kind::kVideo) {
    slot->second.video = nullptr;
    slot->second.frames.clear();
  } else {
    slot->second.audio = nullptr;
    slot->second.active = true;
    slot->second.name = std::to_string(input.number);
    detector_.remove(input.number);
  }
  if (!slot->second.audio && !slot->second.video) slots_.erase(slot);
}

void Stage::set_active(unsigned number, bool active) {
  const MutexLock lock(mutex_);
  const auto slot = slots_.find(number);
  if (slot == slots_.end() || slot->second.active == active) return;
  slot->second.active = active;
  if (active) {
    detector_.add(number);
  } else {
    detector_.remove(number);
    slot->second.frames.clear();
  }
}

void Stage::set_name(unsigned number, std::string name) {
  const MutexLock lock(mutex_);
  const auto slot = slots_.find(number);
  if (slot != slots_.end()) slot->second.name = std::move(name);
}

void Stage::set_flushing(StageInput& input, bool flushing) {
  const MutexLock lock(mutex_);
  input.flushing = flushing;
  if (!flushing) {
    input.eos = false;
    const auto slot = slots_.find(input.number);
    if (input.kind == StageInput::Kind::kVideo && slot != slots_.end()) slot->second.frames.clear();
  }
  ticked_.notify_all();
}

void Stage::set_eos(StageInput& input, bool eos) {
  const MutexLock lock(mutex_);
  input.eos = eos;
}

GstFlowReturn Stage::pace(const StageInput& input, GstClockTime time) {
  const MutexLock lock(mutex_);
  while (time > near_ && !input.flushing && !ended_) ticked_.wait(mutex_);
  if (input.flushing) return GST_FLOW_FLUSHING;
  return ended_ ? GST_FLOW_EOS : GST_FLOW_OK;
}

GstFlowReturn Stage::push_audio(const StageInput& input, GstClockTime time, GstClockTime end,
                                unsigned rate, std::span<const float> mono) {
  const MutexLock lock(mutex_);
  if (ended_) return GST_FLOW_EOS;
  inputs_end_ = std::max(inputs_end_, end);
  detector_.push(input.number, media_time(time), rate, mono);
  return GST_FLOW_OK;
}

GstFlowReturn Stage::push_frame(const StageInput& input, Frame frame, GstClockTime end) {
  const MutexLock lock(mutex_);
  if (ended_) return GST_FLOW_EOS;
  inputs_end_ = std::max(inputs_end_, end);
  const auto slot = slots_.find(input.number);
  if (slot != slots_.end() && slot->second.active) slot->second.frames.push(std::move(frame));
  return GST_FLOW_OK;
}

Stage::Moment Stage::tick(GstClockTime tick) {
  const MutexLock lock(mutex_);
  Moment moment;
  for (const auto& decision : detector_.advance(media_time(tick) + lookahead_)) {
    moment.cuts.push_back({name_of(decision.speaker), decision});
    to_come_.push_back(decision);
  }
  apply_cuts(tick);
  moment.picture = picture_at(tick);
  if (auto talking = detector_.talking(); talking != talking_) {
    talking_ = std::move(talking);
    moment.talking.emplace();
    for (const auto id : talking_) moment.talking->push_back(name_of(id));
  }
  near_ = tick + clock_time(lookahead_) + kAhead;
  ticked_.notify_all();
  return moment;
}

void Stage::apply_cuts(GstClockTime tick) {
  // A cut that is to come is brought forward when nobody is left in the slot that it cuts away
  // from.
  while (!to_come_.empty() &&
         (clock_time(to_come_.front().cut) <= tick || (on_air_ && !seated(on_air_)))) {
    on_air_ = to_come_.front().speaker;
    to_come_.pop_front();
  }
}

std::optional<Frame> Stage::picture_at(GstClockTime tick) {
  const Frame* speaker = nullptr;
  const Frame* waiting = nullptr;
  // Every slot is asked, so that none keeps more than it has to.
  for (auto& [number, slot] : slots_) {
    const Frame* frame = slot.frames.at(tick);
    if (slot.audio) {
      if (on_air_ == number) speaker = frame;
    } else if (!waiting) {
      waiting = frame;
    }
  }
  const Frame* shown = speaker ? speaker : waiting;
  if (!shown) return std::nullopt;
  return *shown;
}

bool Stage::seated(std::optional<speaker::SpeakerId> id) const {
  if (!id) return false;
  const auto slot = slots_.find(*id);
  return slot != slots_.end() && slot->second.seats_speaker();
}

std::string Stage::name_of(std::optional<speaker::SpeakerId> id) const {
  if (!id) return {};
  const auto slot = slots_.find(*id);
  return slot != slots_.end() ? slot->second.name : std::to_string(*id);
}

std::optional<GstClockTime> Stage::end_of_inputs() {
  const MutexLock lock(mutex_);
  if (slots_.empty()) return std::nullopt;
  for (const auto& [number, slot] : slots_) {
    if ((slot.audio && !slot.audio->eos) || (slot.video && !slot.video->eos)) return std::nullopt;
  }
  return inputs_end_;
}

void Stage::end() {
  const MutexLock lock(mutex_);
  ended_ = true;
  ticked_.notify_all();
}

std::string Stage::on_air() {
  const MutexLock lock(mutex_);
  return seated(on_air_) ? name_of(on_air_) : std::string();
}

}  // namespace spacecast
