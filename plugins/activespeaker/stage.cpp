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
    slot.clear();
    for (StageInput* input : {slot.audio, slot.video, slot.screen}) {
      if (input) input->eos = false;
    }
    if (slot.seats_speaker()) detector_.add(number);
  }
  to_come_.clear();
  on_air_.reset();
  talking_.clear();
  talking_to_come_.clear();
  lit_.clear();
  watched_.clear();
  director_ = layout::Director(aspect_);
  pin_wanted_.reset();
  pinned_.reset();
  sights_.clear();
  near_ = clock_time(lookahead) + kAhead;
  inputs_end_ = 0;
  ended_ = false;
}

void Stage::set_aspect(double aspect) {
  const MutexLock lock(mutex_);
  if (aspect == aspect_) return;
  aspect_ = aspect;
  director_ = layout::Director(aspect);
}

void Stage::set_mode(layout::Mode mode) {
  const MutexLock lock(mutex_);
  mode_ = mode;
}

layout::Mode Stage::mode() {
  const MutexLock lock(mutex_);
  return mode_;
}

void Stage::pin(std::string name) {
  const MutexLock lock(mutex_);
  pin_name_ = std::move(name);
}

std::string Stage::pinned() {
  const MutexLock lock(mutex_);
  return pin_name_;
}

void Stage::attach(StageInput& input) {
  const MutexLock lock(mutex_);
  auto [slot, fresh] = slots_.try_emplace(input.number);
  if (fresh) slot->second.name = std::to_string(input.number);
  slot->second.input(input.kind) = &input;
  if (input.kind == StageInput::Kind::kAudio) detector_.add(input.number);
}

void Stage::detach(StageInput& input) {
  const MutexLock lock(mutex_);
  const auto found = slots_.find(input.number);
  if (found == slots_.end()) return;
  Slot& slot = found->second;
  slot.input(input.kind) = nullptr;
  if (input.kind == StageInput::Kind::kAudio) {
    slot.name = std::to_string(input.number);
    slot.label.clear();
    detector_.remove(input.number);
  } else {
    slot.ring(input.kind).clear();
  }
  if (slot.empty()) slots_.erase(found);
}

void Stage::set_active(StageInput& input, bool active) {
  const MutexLock lock(mutex_);
  const auto slot = slots_.find(input.number);
  if (input.active == active || slot == slots_.end()) return;
  input.active = active;
  if (input.kind != StageInput::Kind::kAudio) {
    slot->second.ring(input.kind).clear();
  } else if (active) {
    detector_.add(input.number);
  } else {
    detector_.remove(input.number);
    slot->second.clear();
  }
}

void Stage::set_name(unsigned number, std::string name) {
  const MutexLock lock(mutex_);
  const auto slot = slots_.find(number);
  if (slot != slots_.end()) slot->second.name = std::move(name);
}

void Stage::set_label(unsigned number, std::string label) {
  const MutexLock lock(mutex_);
  const auto slot = slots_.find(number);
  if (slot != slots_.end()) slot->second.label = std::move(label);
}

void Stage::set_flushing(StageInput& input, bool flushing) {
  const MutexLock lock(mutex_);
  input.flushing = flushing;
  if (!flushing) {
    input.eos = false;
    const auto slot = slots_.find(input.number);
    if (input.kind != StageInput::Kind::kAudio && slot != slots_.end()) {
      slot->second.ring(input.kind).clear();
    }
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
  const auto slot = slots_.find(input.number);
  if (slot != slots_.end() && slot->second.seats_speaker()) {
    slot->second.meter.push(media_time(time), rate, mono);
  }
  return GST_FLOW_OK;
}

GstFlowReturn Stage::push_frame(const StageInput& input, Frame frame, GstClockTime end) {
  const MutexLock lock(mutex_);
  if (ended_) return GST_FLOW_EOS;
  inputs_end_ = std::max(inputs_end_, end);
  const auto slot = slots_.find(input.number);
  if (slot == slots_.end() || !input.active) return GST_FLOW_OK;
  const bool deserted = slot->second.audio && !slot->second.audio->active;
  if (!deserted) slot->second.ring(input.kind).push(std::move(frame));
  return GST_FLOW_OK;
}

std::optional<GstClockTime> Stage::end_of_inputs() {
  const MutexLock lock(mutex_);
  if (slots_.empty()) return std::nullopt;
  for (const auto& [number, slot] : slots_) {
    for (const StageInput* input : {slot.audio, slot.video, slot.screen}) {
      if (input && !input->eos) return std::nullopt;
    }
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
  return seat(on_air_) ? name_of(on_air_) : std::string();
}

Stage::Moment Stage::tick(GstClockTime tick, GstClockTime duration) {
  const MutexLock lock(mutex_);
  Moment moment;
  // Every slot is asked, so that none keeps more than it has to.
  for (auto& [number, slot] : slots_) slot.look(tick, duration);
  hear(tick, moment);
  apply_cuts(tick, moment);
  apply_pin(tick);
  moment.scene = compose(tick);
  gather_sights(moment.scene);
  moment.sights = sights_;
  if (auto watch = watched(moment.scene); watch != watched_) {
    watched_ = std::move(watch);
    moment.watch = watched_;
  }
  near_ = tick + clock_time(lookahead_) + kAhead;
  ticked_.notify_all();
  return moment;
}

}  // namespace spacecast
