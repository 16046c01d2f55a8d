// The whole mix as Opus, encoded once a tick for all who hear it. Outlets of the mixer come with
// the sum of a tick, each from a thread of its own; the first one encodes, the others are given the
// same packet. Who takes part is a member; when there is none, nothing is encoded.
//
// Nobody hears how members come and go, although a packet means something only behind those before
// it:
//
//   to an encoder of one's own    that begins as a copy of this one, as it was at that tick
//   from there, or from nowhere   at a packet that was encoded without looking back, which is made
//                                 when somebody asks for it
//
// Any thread; the mutex is held while one packet is encoded, a millisecond.
#pragma once

#include <gst/gst.h>

#include <array>
#include <cstdint>

#include "base/mutex.h"
#include "gstx/ref.h"
#include "media/opus_stream.h"

namespace spacecast {

// Which tick of the mixer this is.
[[nodiscard]] std::uint64_t tick_of(GstBuffer* sound);
// The packet of one tick's sound, with its timestamps.
[[nodiscard]] Ref<GstSample> encode_tick(media::OpusStream& stream, GstBuffer* sound,
                                         bool independent = false);

class SharedReturn {
 public:
  // A member's next packet, made of `sum` where nobody was here with that tick before. Null where
  // that tick is over and done with.
  [[nodiscard]] Ref<GstSample> take(GstBuffer* sum);
  // The caller is a member from this tick on where it is given a packet. Null: try the next tick;
  // it takes kWarm ticks and one at most.
  [[nodiscard]] Ref<GstSample> enter(GstBuffer* sum);
  // Not a member any more. The stream that continues with `tick` what the caller has heard.
  media::OpusStream leave(std::uint64_t tick);
  void leave();

 private:
  // An encoder that was idle has forgotten how the sound was until now: what it needs to know.
  static constexpr std::uint64_t kWarm = 3;
  // An outlet of the mixer keeps 50 ticks.
  static constexpr std::size_t kPackets = 64;
  // How far behind the first outlet one is that still continues without a seam.
  static constexpr std::size_t kStates = 8;
  // How many ticks a newcomer waits for members to catch up with it; who is further behind has lost
  // those in between.
  static constexpr std::uint64_t kPatience = 50;

  struct Packet {
    std::uint64_t tick = 0;
    Ref<GstSample> sample;
    bool entry = false;
  };
  // The encoder as it was before that tick.
  struct State {
    std::uint64_t tick = 0;
    media::OpusStream stream;
  };

  [[nodiscard]] Packet packet_of(GstBuffer* sum) SPACECAST_REQUIRES(mutex_);
  void encode(GstBuffer* sum) SPACECAST_REQUIRES(mutex_);

  Mutex mutex_;
  media::OpusStream stream_ SPACECAST_GUARDED_BY(mutex_);
  std::uint64_t next_ SPACECAST_GUARDED_BY(mutex_) = 0;  // The tick behind the last one.
  std::uint64_t run_ SPACECAST_GUARDED_BY(mutex_) = 0;   // Ticks without a gap.
  std::uint64_t members_ SPACECAST_GUARDED_BY(mutex_) = 0;
  bool entry_wanted_ SPACECAST_GUARDED_BY(mutex_) = false;
  std::array<Packet, kPackets> packets_ SPACECAST_GUARDED_BY(mutex_);
  std::array<State, kStates> states_ SPACECAST_GUARDED_BY(mutex_);
};

}  // namespace spacecast
