#include "plugins/stagemix/desk.h"

#include <algorithm>
#include <utility>

#include "base/media_time.h"

namespace spacecast {

namespace {

// How far an input that is not live may run ahead of what the next tick needs.
constexpr GstClockTime kAhead = 500 * GST_MSECOND;

GstClockTime time_of(std::int64_t frame) {
  return gst_util_uint64_scale(static_cast<guint64>(frame), GST_SECOND, mix::kRate);
}

Ref<GstBuffer> to_buffer(const mix::Mixer::Mix& mix) {
  auto buffer = adopt(gst_buffer_new_memdup(mix.frames.data(), mix.frames.size_bytes()));
  if (mix.silent) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_GAP);
  return buffer;
}

}  // namespace

void Desk::reset(float share_below) {
  Slots slots;
  {
    const MutexLock lock(mutex_);
    std::erase_if(slots_, [](const auto& slot) { return slot->leaving; });
    for (const auto& slot : slots_) slot->eos = false;
    slots = slots_;
    next_ = mix::Mixer::kDelay;
    near_ = kAhead;
    inputs_end_ = 0;
    ended_ = false;
  }
  for (const auto& slot : slots) {
    const MutexLock lock(slot->mutex);
    slot->buffer = mix::SlotBuffer(mix::Mixer::kDelay);
  }
  mixer_.emplace(share_below);
  sum_.reset();
}

std::shared_ptr<Desk::Slot> Desk::attach(unsigned number) {
  const MutexLock lock(mutex_);
  return slots_.emplace_back(std::make_shared<Slot>(number, next_));
}

void Desk::detach(const std::shared_ptr<Slot>& slot) {
  bool silent = false;
  {
    const MutexLock lock(slot->mutex);
    slot->buffer.cut();
    silent = slot->buffer.empty();
  }
  const MutexLock lock(mutex_);
  slot->leaving = true;
  const auto leaving = std::ranges::count_if(slots_, [](const auto& s) { return s->leaving; });
  if (silent || static_cast<std::size_t>(leaving) > kMaxLeaving) std::erase(slots_, slot);
}

void Desk::set_flushing(Slot& slot, bool flushing) {
  if (flushing) {
    const MutexLock lock(slot.mutex);
    slot.buffer.cut();
  }
  const MutexLock lock(mutex_);
  slot.flushing = flushing;
  if (!flushing) slot.eos = false;
  ticked_.notify_all();
}

void Desk::set_eos(Slot& slot, bool eos) {
  const MutexLock lock(mutex_);
  slot.eos = eos;
}

GstFlowReturn Desk::pace(const Slot& slot, GstClockTime time) {
  const MutexLock lock(mutex_);
  while (time > near_ && !slot.flushing && !ended_) ticked_.wait(mutex_);
  if (slot.flushing) return GST_FLOW_FLUSHING;
  return ended_ ? GST_FLOW_EOS : GST_FLOW_OK;
}

GstFlowReturn Desk::push(Slot& slot, GstClockTime time, std::span<const mix::Frame> frames) {
  {
    const MutexLock lock(mutex_);
    if (slot.flushing) return GST_FLOW_FLUSHING;
    if (ended_) return GST_FLOW_EOS;
    inputs_end_ = std::max(inputs_end_, time + time_of(static_cast<std::int64_t>(frames.size())));
  }
  std::int64_t done = 0;
  while (!frames.empty()) {
    const auto part = frames.first(std::min(frames.size(), mix::kTickFrames));
    const MutexLock lock(slot.mutex);
    slot.buffer.push(MediaTime(static_cast<MediaTime::rep>(time + time_of(done))), part);
    done += static_cast<std::int64_t>(part.size());
    frames = frames.subspan(part.size());
  }
  return GST_FLOW_OK;
}

Desk::Sound Desk::tick(guint64 number) {
  // The mixer's delay is made up for by taking that much more: timestamps stay true.
  const std::int64_t from =
      static_cast<std::int64_t>(number * mix::kTickFrames) + mix::Mixer::kDelay;
  const std::int64_t next = from + static_cast<std::int64_t>(mix::kTickFrames);
  {
    const MutexLock lock(mutex_);
    present_ = slots_;
    next_ = next;
    near_ = time_of(next) + kAhead;
    ticked_.notify_all();
  }
  take(from);
  sum_ = to_buffer(mixer_->tick(inputs_));
  return {sum_, true};
}

// Whoever pushes fills a slot in between; only one is locked at a time.
void Desk::take(std::int64_t from) {
  Slots drained;
  inputs_.clear();
  blocks_.resize(std::max(blocks_.size(), present_.size()));
  for (std::size_t i = 0; i < present_.size(); ++i) {
    blocks_[i].resize(mix::kTickFrames);
    const MutexLock lock(present_[i]->mutex);
    mix::SlotBuffer& buffer = present_[i]->buffer;
    if (buffer.read(from, blocks_[i])) inputs_.push_back({present_[i]->number, blocks_[i]});
    if (buffer.empty()) drained.push_back(present_[i]);
  }
  drop(drained);
}

void Desk::drop(const Slots& drained) {
  const MutexLock lock(mutex_);
  for (const auto& slot : drained) {
    if (slot->leaving) std::erase(slots_, slot);
  }
  present_.clear();
}

Desk::Sound Desk::minus(unsigned slot) {
  const mix::Mixer::Mix mix = mixer_->minus(slot);
  if (mix.shared) return {sum_, true};
  return {to_buffer(mix), false};
}

std::optional<GstClockTime> Desk::end_of_inputs() {
  const MutexLock lock(mutex_);
  bool any = false;
  for (const auto& slot : slots_) {
    if (slot->leaving) continue;
    if (!slot->eos) return std::nullopt;
    any = true;
  }
  if (!any) return std::nullopt;
  return inputs_end_;
}

void Desk::end() {
  const MutexLock lock(mutex_);
  ended_ = true;
  ticked_.notify_all();
}

}  // namespace spacecast
