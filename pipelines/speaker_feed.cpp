#include "pipelines/speaker_feed.h"

namespace spacecast {
SpeakerFeed::SpeakerFeed(std::unique_ptr<ProgramSlot> slot) : slot_(std::move(slot)) {}

void SpeakerFeed::push_audio(Ref<GstSample> sample) {
  if (muted_) return;
  MutexLock lock(mutex_);
  if (slot_) slot_->push_audio(std::move(sample));
}

void SpeakerFeed::push_video(Ref<GstSample> sample) {
  MutexLock lock(mutex_);
  if (slot_) slot_->push_video(std::move(sample));
}

void SpeakerFeed::count_packet(MediaKind kind) {
  ++(kind == MediaKind::kAudio ? audio_packets_ : video_packets_);
  note_life();
}

void SpeakerFeed::note_life() {
  last_life_us_ = g_get_monotonic_time();
}

void SpeakerFeed::set_camera(bool on) {
  MutexLock lock(mutex_);
  if (slot_) slot_->set_camera(on);
}

void SpeakerFeed::close() {
  std::unique_ptr<ProgramSlot> slot;
  MutexLock lock(mutex_);
  slot = std::move(slot_);
}

SpeakerFeed::Counts SpeakerFeed::counts() const {
  const std::int64_t life = last_life_us_;
  std::optional<std::chrono::microseconds> silence;
  if (life != 0) silence = std::chrono::microseconds(g_get_monotonic_time() - life);
  return {.audio_packets = audio_packets_, .video_packets = video_packets_, .silence = silence};
}

}  // namespace spacecast
