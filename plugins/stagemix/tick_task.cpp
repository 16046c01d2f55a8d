#include "plugins/stagemix/tick_task.h"

#include <algorithm>
#include <utility>

#include "plugins/stagemix/stagemix.h"

#define GST_CAT_DEFAULT spacecast_stage_mix_debug

namespace spacecast {

namespace {

// Beyond this, catching up costs more than the audience gains.
constexpr GstClockTime kMaxBehind = GST_SECOND;

}  // namespace

TickTask::TickTask(GstElement* element, Handler handler)
    : element_(element), handler_(std::move(handler)) {}

TickTask::~TickTask() {
  stop();
}

void TickTask::start(GstClockTime allowance) {
  {
    const MutexLock lock(mutex_);
    allowance_ = allowance;
    upstream_ = 0;
    stopping_ = false;
  }
  next_ = 0;
  skipped_ = 0;
  opened_ = false;
  first_ = true;
  thread_ = std::thread([this] {
    while (iterate()) {
    }
  });
}

void TickTask::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    if (tick_id_) gst_clock_id_unschedule(tick_id_.get());
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void TickTask::set_playing(bool playing) {
  const MutexLock lock(mutex_);
  playing_ = playing;
  if (!playing && tick_id_) gst_clock_id_unschedule(tick_id_.get());
  changed_.notify_all();
}

GstClockTime TickTask::query_latency() {
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
  return upstream_ + allowance_;
}

bool TickTask::iterate() {
  if (!wait_until_playing()) return false;
  const auto clock = adopt(gst_element_get_clock(element_));
  if (!clock) {
    GST_ELEMENT_ERROR(element_, CORE, CLOCK, (nullptr), ("stagemix needs a pipeline's clock"));
    return false;
  }
  // Also where nobody downstream asked for the latency.
  if (!std::exchange(opened_, true)) query_latency();
  const auto now = wait_for_tick(clock.get());
  if (!now) return true;
  const bool skipped = catch_up(*now);
  const bool more = handler_(next_, skipped);
  ++next_;
  return more;
}

bool TickTask::wait_until_playing() {
  const MutexLock lock(mutex_);
  while (!playing_ && !stopping_) changed_.wait(mutex_);
  return !stopping_;
}

std::optional<GstClockTime> TickTask::wait_for_tick(GstClock* clock) {
  GstClockTime base = 0;
  GstClockID id = nullptr;
  {
    const MutexLock lock(mutex_);
    if (!playing_ || stopping_) return std::nullopt;
    // Read under the lock: while playing_ holds, the base time is the present one.
    base = gst_element_get_base_time(element_);
    id = gst_clock_new_single_shot_id(clock, base + position() + allowance_ + upstream_);
    tick_id_.reset(id);
  }
  const GstClockReturn waited = gst_clock_id_wait(id, nullptr);
  {
    const MutexLock lock(mutex_);
    tick_id_.reset();
    if (waited == GST_CLOCK_UNSCHEDULED || !playing_ || stopping_) return std::nullopt;
    // Again: the pipeline may have paused and gone on since the wait ended.
    base = gst_element_get_base_time(element_);
  }
  const GstClockTime now = gst_clock_get_time(clock);
  return now > base ? now - base : 0;
}

bool TickTask::catch_up(GstClockTime now) {
  GstClockTime latency = 0;
  {
    const MutexLock lock(mutex_);
    latency = allowance_ + upstream_;
  }
  const bool first = std::exchange(first_, false);
  const guint64 due = now > latency ? (now - latency) / kTick : 0;
  if (due <= next_ || (due - next_) * kTick <= kMaxBehind) return false;
  // An element that starts in a pipeline that has been running does not lag.
  if (!first) skipped_ += due - next_;
  GST_INFO_OBJECT(element_, "tick %" G_GUINT64_FORMAT " follows %" G_GUINT64_FORMAT, due,
                  next_.load());
  next_ = due;
  return true;
}

}  // namespace spacecast
