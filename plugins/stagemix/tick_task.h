// The clock of `stagemix`: a thread that calls a function once a tick, on the pipeline's clock,
// whatever inputs and outputs do. Tick n stands for the running time n * 20 ms and is called when
// the clock reaches
//
//   base time + n * 20 ms + latency,  latency = upstream's + allowance
//
// Where the machine was too slow, ticks follow each other at once; what is more than a second late
// is skipped. The function must not wait for anything.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <optional>
#include <thread>

#include "base/mutex.h"
#include "gstx/ref.h"

namespace spacecast {

class TickTask {
 public:
  static constexpr GstClockTime kTick = 20 * GST_MSECOND;
  // False ends the task. `discont`: ticks were skipped before this one.
  using Handler = std::function<bool(guint64 number, bool discont)>;

  // `element` outlives the task.
  TickTask(GstElement* element, Handler handler);
  ~TickTask();
  TickTask(const TickTask&) = delete;
  TickTask& operator=(const TickTask&) = delete;

  // With the element's states: from 0 on; stop() returns when no handler runs.
  void start(GstClockTime allowance);
  void stop();
  // Ticks come only while PLAYING.
  void set_playing(bool playing);
  // Asks upstream; ticks come that much later from then on.
  GstClockTime query_latency();
  // Running time of the next tick.
  [[nodiscard]] GstClockTime position() const { return next_ * kTick; }
  [[nodiscard]] guint64 skipped() const { return skipped_; }

 private:
  // False: no more ticks.
  [[nodiscard]] bool iterate();
  [[nodiscard]] bool wait_until_playing();
  // The running time once the next tick is due; nothing where the wait was interrupted.
  [[nodiscard]] std::optional<GstClockTime> wait_for_tick(GstClock* clock);
  // True where ticks were skipped.
  [[nodiscard]] bool catch_up(GstClockTime now);

  GstElement* const element_;
  const Handler handler_;
  // Not a GstTask: one that pauses itself while it is being joined is never joined (1.22).
  std::thread thread_;
  std::atomic<guint64> next_ = 0;
  std::atomic<guint64> skipped_ = 0;
  bool opened_ = false;  // The thread's own, like the next.
  bool first_ = true;

  Mutex mutex_;
  std::condition_variable_any changed_;
  bool playing_ SPACECAST_GUARDED_BY(mutex_) = false;
  bool stopping_ SPACECAST_GUARDED_BY(mutex_) = true;
  Owned<void, gst_clock_id_unref> tick_id_ SPACECAST_GUARDED_BY(mutex_);
  GstClockTime allowance_ SPACECAST_GUARDED_BY(mutex_) = 0;
  GstClockTime upstream_ SPACECAST_GUARDED_BY(mutex_) = 0;
};

}  // namespace spacecast
