// What stands between a speaker's streaming threads and the slot in the program: it counts, mutes,
// and lets go of the slot at once when the speaker leaves, however long the pipeline behind it
// takes to stop. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "gstx/ref.h"
#include "pipelines/program.h"
#include "pipelines/program_return.h"
#include "pipelines/speaker_offer.h"

namespace spacecast {

class SpeakerFeed {
 public:
  struct Counts {
    std::uint64_t audio_packets = 0;  // RTP packets that were used.
    std::uint64_t video_packets = 0;
  };

  explicit SpeakerFeed(std::unique_ptr<ProgramSlot> slot);

  // Decoded media with running time as timestamps.

  struct Decoded {
    bool sound = false;
    bool picture = false;
  };

  // Without a slot everything is dropped, until take_over(); but the last sound is kept for it.
  void push(MediaKind kind, Ref<GstSample> sample);
  void count_packet(MediaKind kind);

  void set_muted(bool muted) { muted_ = muted; }
  void set_camera(bool on);
  void set_screen(bool on);
  void set_return(std::shared_ptr<ReturnSink> sink);
  void set_name(std::string name);
  // The other one's slot, as it is, is this one's from now on; the audience does not notice. What
  // this one heard last goes first: its blocks do not begin where the other one's end.
  void take_over(SpeakerFeed& other);
  // The slot is free when this returns; what comes later is dropped.
  void close();

  [[nodiscard]] Counts counts() const;
  // What there has been of each; of a camera, not of a screen.
  [[nodiscard]] Decoded decoded() const { return {.sound = sound_, .picture = picture_}; }

 private:
  // Blocks of 20 ms: the one that lies over the other's end, and what two networks may differ by.
  static constexpr std::size_t kOverlap = 3;

  void take(MediaKind kind, Ref<GstSample> sample) SPACECAST_REQUIRES(mutex_);

  Mutex mutex_;
  std::unique_ptr<ProgramSlot> slot_ SPACECAST_GUARDED_BY(mutex_);
  std::deque<Ref<GstSample>> before_ SPACECAST_GUARDED_BY(mutex_);  // Without a slot; sound.
  std::atomic<bool> muted_ = false;
  std::atomic<bool> sound_ = false;
  std::atomic<bool> picture_ = false;
  std::atomic<std::uint64_t> audio_packets_ = 0;
  std::atomic<std::uint64_t> video_packets_ = 0;
};

}  // namespace spacecast
