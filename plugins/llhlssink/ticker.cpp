#include "plugins/llhlssink/ticker.h"

#include <utility>

namespace spacecast {
namespace {

struct Call {
  Ref<GstElement> element;
  Ticker::Tick tick;
  GstClockTime base = 0;
};

}  // namespace

void Ticker::start(GstElement* element, MediaTime interval, Tick tick) {
  stop();
  const auto clock = adopt(gst_element_get_clock(element));
  const GstClockTime base = gst_element_get_base_time(element);
  if (!clock || !GST_CLOCK_TIME_IS_VALID(base)) return;
  id_.reset(gst_clock_new_periodic_id(clock.get(), gst_clock_get_time(clock.get()),
                                      static_cast<GstClockTime>(interval.count())));
  gst_clock_id_wait_async(
      id_.get(),
      [](GstClock* source, GstClockTime, GstClockID, gpointer data) -> gboolean {
        const Call& call = *static_cast<Call*>(data);
        const GstClockTime now = gst_clock_get_time(source);
        if (now >= call.base) call.tick(MediaTime(static_cast<MediaTime::rep>(now - call.base)));
        return TRUE;
      },
      new Call{adopt(GST_ELEMENT(gst_object_ref(element))), std::move(tick), base},
      [](gpointer data) { delete static_cast<Call*>(data); });
}

void Ticker::stop() {
  if (id_) gst_clock_id_unschedule(id_.get());
  id_.reset();
}

}  // namespace spacecast
