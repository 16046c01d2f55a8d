// The output's time base: tick n lies at n / rate exactly, without an error that adds up.
#pragma once

#include <gst/gst.h>

namespace spacecast {

struct Ticks {
  gint rate_n = 30, rate_d = 1;  // Frames a second; both positive.

  [[nodiscard]] GstClockTime time(guint64 n) const {
    return gst_util_uint64_scale(n, GST_SECOND * static_cast<guint64>(rate_d),
                                 static_cast<guint64>(rate_n));
  }
  [[nodiscard]] GstClockTime duration(guint64 n) const { return time(n + 1) - time(n); }
  // The last tick at or before `running_time`; exact to one tick.
  [[nodiscard]] guint64 at(GstClockTime running_time) const {
    return gst_util_uint64_scale(running_time, static_cast<guint64>(rate_n),
                                 GST_SECOND * static_cast<guint64>(rate_d));
  }
};

}  // namespace spacecast
