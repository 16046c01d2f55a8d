#include "pipelines/speaker_feed.h"

namespace spacecast {
namespace {

// 10^(-45/20) of full scale, squared.
constexpr double kAudiblePower = 32768.0 * 32768.0 * 3.1623e-5;
// Bridges the gaps between syllables.
constexpr std::int64_t kTalkingHold_us = 400'000;

bool holds_audible(GstSample* sample) {
  GstMapInfo map;
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  if (!buffer || !gst_buffer_map(buffer, &map, GST_MAP_READ)) return false;
  const bool audible = is_audible({reinterpret_cast<const std::int16_t*>(map.data), map.size / 2});
  gst_buffer_unmap(buffer, &map);
  return audible;
}

}  // namespace

bool is_audible(std::span<const std::int16_t> samples) {
  double power = 0;
  for (const auto sample : samples) power += static_cast<double>(sample) * sample;
  return power > kAudiblePower * static_cast<double>(samples.size());
}

SpeakerFeed::SpeakerFeed(std::unique_ptr<ProgramSlot> slot) : slot_(std::move(slot)) {}

void SpeakerFeed::push_audio(Ref<GstSample> sample) {
  if (muted_) return;
  if (holds_audible(sample.get())) last_audible_us_ = g_get_monotonic_time();
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

void SpeakerFeed::set_muted(bool muted) {
  muted_ = muted;
  if (muted) last_audible_us_ = 0;
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
  const auto now = g_get_monotonic_time();
  const std::int64_t audible = last_audible_us_;
  const std::int64_t life = last_life_us_;
  std::optional<std::chrono::microseconds> silence;
  if (life != 0) silence = std::chrono::microseconds(now - life);
  return {.audio_packets = audio_packets_,
          .video_packets = video_packets_,
          .silence = silence,
          .talking = audible != 0 && now - audible < kTalkingHold_us};
}

}  // namespace spacecast
