// What stands between a speaker's streaming threads and the slot in the program: it counts, mutes,
// and lets go of the slot at once when the speaker leaves, however long the
// pipeline behind it takes to stop. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/mutex.h"
#include "gstx/ref.h"
#include "pipelines/program.h"
#include "pipelines/speaker_offer.h"

namespace spacecast {

class SpeakerFeed {
 public:
  struct Counts {
    std::uint64_t audio_packets = 0;  // RTP packets that were used.
    std::uint64_t video_packets = 0;
    // Since the peer's last packet, RTP or RTCP; empty where none has come yet.
    std::optional<std::chrono::microseconds> silence;
  };

  explicit SpeakerFeed(std::unique_ptr<ProgramSlot> slot);

  // Decoded media with running time as timestamps.
  void push_audio(Ref<GstSample> sample);
  void push_video(Ref<GstSample> sample);
  void count_packet(MediaKind kind);
  void note_life();

  void set_muted(bool muted) { muted_ = muted; }
  void set_camera(bool on);
  // The slot is free when this returns; what comes later is dropped.
  void close();

  [[nodiscard]] Counts counts() const;

 private:
  Mutex mutex_;
  std::unique_ptr<ProgramSlot> slot_ SPACECAST_GUARDED_BY(mutex_);
  std::atomic<bool> muted_ = false;
  std::atomic<std::uint64_t> audio_packets_ = 0;
  std::atomic<std::uint64_t> video_packets_ = 0;
  // g_get_monotonic_time(); 0: never.
  std::atomic<std::int64_t> last_life_us_ = 0;
};

}  // namespace spacecast
