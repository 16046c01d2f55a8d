#include "plugins/stagemix/tick_task.h"

#include <utility>

#include "gstx/ref.h"
#include "plugins/stagemix/stagemix.h"

#define GST_CAT_DEFAULT spacecast_stage_mix_debug

namespace spacecast {

TickTask::TickTask(GstElement* element, Handler handler)
    : element_(element), handler_(std::move(handler)), clock_(element) {}

TickTask::~TickTask() {
  stop();
}

void TickTask::start(GstClockTime allowance) {
  clock_.reset(allowance);
  clock_.start();
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
  clock_.stop();
  if (thread_.joinable()) thread_.join();
}

bool TickTask::iterate() {
  if (!clock_.wait_until_playing()) return false;
  const auto clock = adopt(gst_element_get_clock(element_));
  if (!clock) {
    GST_ELEMENT_ERROR(element_, CORE, CLOCK, (nullptr), ("stagemix needs a pipeline's clock"));
    return false;
  }
  // Also where nobody downstream asked for the latency.
  if (!std::exchange(opened_, true)) clock_.query_latency();
  const auto due_until = clock_.wait(clock.get(), position());
  if (!due_until) return true;
  const bool skipped = catch_up(*due_until);
  const bool more = handler_(next_, skipped);
  ++next_;
  return more;
}

bool TickTask::catch_up(GstClockTime due_until) {
  const bool first = std::exchange(first_, false);
  const guint64 due = due_until / kTick;
  if (due <= next_ || (due - next_) * kTick <= TickClock::kMaxBehind) return false;
  // An element that starts in a pipeline that has been running does not lag.
  if (!first) skipped_ += due - next_;
  GST_INFO_OBJECT(element_, "tick %" G_GUINT64_FORMAT " follows %" G_GUINT64_FORMAT, due,
                  next_.load());
  next_ = due;
  return true;
}

}  // namespace spacecast
