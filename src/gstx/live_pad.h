// What the pads of a live element that makes its own output have in common: inputs of any kind that
// never decide when, and source pads whose stream has no length and cannot be sought.
#pragma once

#include <gst/gst.h>

#include "gstx/tick_clock.h"

namespace spacecast {

// Running time of a buffer that has come to a sink pad. One without a usable timestamp is taken for
// now; one outside its segment has none.
[[nodiscard]] GstClockTime arrival_time(const GstSegment& segment, GstElement* element,
                                        GstBuffer* buffer);

// A source that does not say is taken for live: better to lose what it brings than to hold it.
[[nodiscard]] bool upstream_is_live(GstPad* sink);

// For a source pad's query function. Latency is live and without a limit: what finds no room
// upstream is dropped there.
gboolean answer_live_query(GstPad* source, GstObject* parent, GstQuery* query, TickClock& clock,
                           GstClockTime position);

// For a source pad's event function: what is late downstream says nothing about one input, and
// nobody can seek.
gboolean take_live_event(GstPad* source, GstObject* parent, GstEvent* event);

}  // namespace spacecast
