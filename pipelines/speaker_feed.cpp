#include "pipelines/speaker_feed.h"

namespace spacecast {

SpeakerFeed::SpeakerFeed(std::unique_ptr<ProgramSlot> slot) : slot_(std::move(slot)) {}

void SpeakerFeed::push(MediaKind kind, Ref<GstSample> sample) {
  if (kind == MediaKind::kAudio) sound_ = true;
  if (kind == MediaKind::kVideo) picture_ = true;
  if (kind == MediaKind::kAudio && muted_) return;
  MutexLock lock(mutex_);
  if (slot_) return take(kind, std::move(sample));
  if (kind != MediaKind::kAudio) return;
  if (before_.size() == kOverlap) before_.pop_front();
  before_.push_back(std::move(sample));
}

void SpeakerFeed::take(MediaKind kind, Ref<GstSample> sample) {
  switch (kind) {
    case MediaKind::kAudio:
      slot_->push_audio(std::move(sample));
      break;
    case MediaKind::kVideo:
      slot_->push_video(std::move(sample));
      break;
    case MediaKind::kScreen:
      slot_->push_screen(std::move(sample));
      break;
  }
}

void SpeakerFeed::count_packet(MediaKind kind) {
  ++(is_picture(kind) ? video_packets_ : audio_packets_);
}

void SpeakerFeed::set_camera(bool on) {
  MutexLock lock(mutex_);
  if (slot_) slot_->set_camera(on);
}

void SpeakerFeed::set_screen(bool on) {
  MutexLock lock(mutex_);
  if (slot_) slot_->set_screen(on);
}

void SpeakerFeed::set_return(std::shared_ptr<ReturnSink> sink) {
  MutexLock lock(mutex_);
  if (slot_) slot_->set_return(std::move(sink));
}

void SpeakerFeed::set_name(std::string name) {
  MutexLock lock(mutex_);
  if (slot_) slot_->set_name(std::move(name));
}

// One lock after the other: two that took each other over would wait for ever.
void SpeakerFeed::take_over(SpeakerFeed& other) {
  std::unique_ptr<ProgramSlot> slot;
  {
    MutexLock lock(other.mutex_);
    slot = std::move(other.slot_);
  }
  MutexLock lock(mutex_);
  slot_ = std::move(slot);
  // Who is muted on stage may not have been so here.
  if (slot_ && !muted_) {
    for (auto& sample : before_) take(MediaKind::kAudio, std::move(sample));
  }
  before_.clear();
}

void SpeakerFeed::close() {
  std::unique_ptr<ProgramSlot> slot;
  MutexLock lock(mutex_);
  slot = std::move(slot_);
}

SpeakerFeed::Counts SpeakerFeed::counts() const {
  return {.audio_packets = audio_packets_, .video_packets = video_packets_};
}

}  // namespace spacecast
