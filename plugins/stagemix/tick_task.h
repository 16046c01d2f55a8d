// The pace of `stagemix`: a thread that calls a function once a tick, on the element's TickClock,
// whatever inputs and outputs do. Tick n stands for the running time n * 20 ms. Where the machine
// was too slow, ticks follow each other at once; what is more than a second late is skipped. The
// function must not wait for anything.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <thread>

#include "gstx/tick_clock.h"

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
  // Latency, end and whether it plays are for the element to say there.
  [[nodiscard]] TickClock& clock() { return clock_; }
  // Running time of the next tick.
  [[nodiscard]] GstClockTime position() const { return next_ * kTick; }
  [[nodiscard]] guint64 skipped() const { return skipped_; }

 private:
  // False: no more ticks.
  [[nodiscard]] bool iterate();
  // To the newest tick that is due; true where others were skipped.
  [[nodiscard]] bool catch_up(GstClockTime due_until);

  GstElement* const element_;
  const Handler handler_;
  TickClock clock_;
  // Not a GstTask: one that pauses itself while it is being joined is never joined (1.22).
  std::thread thread_;
  std::atomic<guint64> next_ = 0;
  std::atomic<guint64> skipped_ = 0;
  bool opened_ = false;  // The thread's own, like the next.
  bool first_ = true;
};

}  // namespace spacecast
