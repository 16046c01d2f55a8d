#include "gstx/tick_clock.h"

#include <algorithm>

namespace spacecast {

void TickClock::reset(GstClockTime own_latency) {
  const MutexLock lock(mutex_);
  own_ = own_latency;
  upstream_ = 0;
  end_.reset();
}

void TickClock::start() {
  const MutexLock lock(mutex_);
  stopped_ = false;
}

void TickClock::stop() {
  const MutexLock lock(mutex_);
  stopped_ = true;
  if (id_) gst_clock_id_unschedule(id_.get());
  changed_.notify_all();
}

void TickClock::set_playing(bool playing) {
  const MutexLock lock(mutex_);
  playing_ = playing;
  if (!playing && id_) gst_clock_id_unschedule(id_.get());
  changed_.notify_all();
}

void TickClock::finish() {
  const GstClockTime now = gst_element_get_current_running_time(element_);
  const MutexLock lock(mutex_);
  if (!end_) end_ = GST_CLOCK_TIME_IS_VALID(now) ? now : 0;
}

GstClockTime TickClock::query_latency() {
  GstClockTime upstream = 0;
  gst_element_foreach_sink_pad(
      element_,
      [](GstElement*, GstPad* pad, gpointer result) -> gboolean {
        GstQuery* query = gst_query_new_latency();
        gboolean live = FALSE;
        GstClockTime min = 0;
        if (gst_pad_peer_query(pad, query)) gst_query_parse_latency(query, &live, &min, nullptr);
        if (live)
          *static_cast<GstClockTime*>(result) = std::max(*static_cast<GstClockTime*>(result), min);
        gst_query_unref(query);
        return TRUE;
      },
      &upstream);
  const MutexLock lock(mutex_);
  upstream_ = upstream;
  return upstream_ + own_;
}

bool TickClock::finished(GstClockTime running_time) {
  const MutexLock lock(mutex_);
  return end_ && running_time >= *end_;
}

bool TickClock::wait_until_playing() {
  const MutexLock lock(mutex_);
  while (!playing_ && !stopped_) changed_.wait(mutex_);
  return !stopped_;
}

std::optional<GstClockTime> TickClock::wait(GstClock* clock, GstClockTime running_time) {
  GstClockID id = nullptr;
  {
    const MutexLock lock(mutex_);
    if (!playing_ || stopped_) return std::nullopt;
    // Read under the lock: while playing_ holds, the base time is the present one.
    const GstClockTime base = gst_element_get_base_time(element_);
    id = gst_clock_new_single_shot_id(clock, base + running_time + own_ + upstream_);
    id_.reset(id);
  }
  const GstClockReturn waited = gst_clock_id_wait(id, nullptr);
  GstClockTime zero = 0;  // When running time 0 is due.
  {
    const MutexLock lock(mutex_);
    id_.reset();
    if (waited == GST_CLOCK_UNSCHEDULED || !playing_ || stopped_) return std::nullopt;
    // Again: the pipeline may have paused and gone on since the wait ended.
    zero = gst_element_get_base_time(element_) + own_ + upstream_;
  }
  const GstClockTime now = gst_clock_get_time(clock);
  return now > zero ? now - zero : 0;
}

}  // namespace spacecast
