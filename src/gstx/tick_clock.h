// When a live element that makes its own output is due: ticks at running times on the pipeline's
// clock, later by a latency, whatever comes in. A tick of running time t is due when the clock
// reaches
//
//   base time + t + latency,  latency = upstream's + the element's own
//
// and only while PLAYING. What a tick is, and what becomes of those that are missed, is the
// element's business. One thread waits; all else is for any thread. GStreamer's object lock may be
// taken while the clock's own is held.
#pragma once

#include <gst/gst.h>

#include <condition_variable>
#include <optional>

#include "base/mutex.h"
#include "gstx/ref.h"

namespace spacecast {

class TickClock {
 public:
  // Beyond this, catching up costs more than the audience gains: ticks are left out.
  static constexpr GstClockTime kMaxBehind = GST_SECOND;

  // `element` outlives the clock.
  explicit TickClock(GstElement* element) : element_(element) {}

  // A new stream begins; upstream has not been asked.
  void reset(GstClockTime own_latency);
  // Stopped at first. stop() wakes who waits.
  void start();
  void stop();
  // With the element's state.
  void set_playing(bool playing);
  // Ends the stream in order: no tick is made from now on.
  void finish();
  // Asks upstream; returns the whole latency, which counts from then on.
  GstClockTime query_latency();

  [[nodiscard]] bool finished(GstClockTime running_time);
  // False: stopped.
  [[nodiscard]] bool wait_until_playing();
  // Waits until a tick is due. Returns up to which running time ticks are due by then; nothing
  // where the wait was interrupted.
  [[nodiscard]] std::optional<GstClockTime> wait(GstClock* clock, GstClockTime running_time);

 private:
  GstElement* const element_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  bool playing_ SPACECAST_GUARDED_BY(mutex_) = false;
  bool stopped_ SPACECAST_GUARDED_BY(mutex_) = true;
  Owned<void, gst_clock_id_unref> id_ SPACECAST_GUARDED_BY(mutex_);
  std::optional<GstClockTime> end_ SPACECAST_GUARDED_BY(mutex_);
  GstClockTime own_ SPACECAST_GUARDED_BY(mutex_) = 0;
  GstClockTime upstream_ SPACECAST_GUARDED_BY(mutex_) = 0;
};

}  // namespace spacecast
