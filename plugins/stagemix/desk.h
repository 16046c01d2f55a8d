// What `stagemix` mixes with: the slots with the sound that waits in them, and the mixer. Inlets
// fill the slots from their streaming threads; the tick task takes a tick out of all of them. It
// knows nothing of pads and clocks.
//
// Locks: mutex_ guards the list of slots, each slot's own mutex its sound; neither is taken inside
// the other, and neither is held for longer than it takes to move 20 ms of one slot's sound. So
// whoever pushes waits for nobody's mix, and the tick for nobody's conversion.
#pragma once

#include <gst/gst.h>

#include <condition_variable>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/mutex.h"
#include "gstx/ref.h"
#include "mix/mixer.h"
#include "mix/slot_buffer.h"

namespace spacecast {

class Desk {
 public:
  // Guarded by the desk, but for the sound.
  struct Slot {
    Slot(unsigned n, std::int64_t first) : number(n), buffer(first) {}
    const unsigned number;
    bool flushing = true;
    bool eos = false;
    bool leaving = false;
    Mutex mutex;
    mix::SlotBuffer buffer SPACECAST_GUARDED_BY(mutex);
  };
  // What one output sends for one tick, without timestamps.
  struct Sound {
    Ref<GstBuffer> buffer;
    bool shared = true;  // The sum.
  };

  // Everything starts anew; the slots stay, empty. While no tick runs.
  void reset(float share_below);

  [[nodiscard]] std::shared_ptr<Slot> attach(unsigned number);
  // Its sound fades out.
  void detach(const std::shared_ptr<Slot>& slot);
  void set_flushing(Slot& slot, bool flushing);
  void set_eos(Slot& slot, bool eos);
  // For inputs that are not live and could run ahead: waits until `time` is near. FLUSHING or EOS
  // when the input is flushed instead or the output has ended.
  [[nodiscard]] GstFlowReturn pace(const Slot& slot, GstClockTime time);
  // Never waits. `time` is the running time of the first frame. EOS: the output has ended.
  [[nodiscard]] GstFlowReturn push(Slot& slot, GstClockTime time,
                                   std::span<const mix::Frame> frames);

  // The tick task's: mixes tick `number`, then for each return that is wanted minus().
  [[nodiscard]] Sound tick(guint64 number);
  [[nodiscard]] Sound minus(unsigned slot);
  // Where the inputs end: the latest end of what they brought, once all of them are at EOS.
  [[nodiscard]] std::optional<GstClockTime> end_of_inputs();
  // The output has ended: whoever waits or pushes from now on is told.
  void end();

 private:
  using Slots = std::vector<std::shared_ptr<Slot>>;
  static constexpr std::size_t kMaxLeaving = 16;

  void take(std::int64_t from);
  void drop(const Slots& drained);

  Mutex mutex_;
  std::condition_variable_any ticked_;
  Slots slots_ SPACECAST_GUARDED_BY(mutex_);
  std::int64_t next_ SPACECAST_GUARDED_BY(mutex_) = 0;  // The first frame of the next tick.
  GstClockTime near_ SPACECAST_GUARDED_BY(mutex_) = 0;
  GstClockTime inputs_end_ SPACECAST_GUARDED_BY(mutex_) = 0;
  bool ended_ SPACECAST_GUARDED_BY(mutex_) = false;

  // The tick task's own.
  std::optional<mix::Mixer> mixer_;
  Slots present_;
  std::vector<std::vector<mix::Frame>> blocks_;
  std::vector<mix::Mixer::Input> inputs_;
  Ref<GstBuffer> sum_;
};

}  // namespace spacecast
