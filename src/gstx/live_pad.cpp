#include "gstx/live_pad.h"

namespace spacecast {

GstClockTime arrival_time(const GstSegment& segment, GstElement* element, GstBuffer* buffer) {
  if (segment.format != GST_FORMAT_TIME || !GST_BUFFER_PTS_IS_VALID(buffer)) {
    return gst_element_get_current_running_time(element);
  }
  return gst_segment_to_running_time(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
}

bool upstream_is_live(GstPad* sink) {
  GstQuery* query = gst_query_new_latency();
  gboolean live = TRUE;
  if (gst_pad_peer_query(sink, query)) gst_query_parse_latency(query, &live, nullptr, nullptr);
  gst_query_unref(query);
  return live;
}

gboolean answer_live_query(GstPad* source, GstObject* parent, GstQuery* query, TickClock& clock,
                           GstClockTime position) {
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_LATENCY:
      gst_query_set_latency(query, TRUE, clock.query_latency(), GST_CLOCK_TIME_NONE);
      return TRUE;
    case GST_QUERY_POSITION: {
      GstFormat format = GST_FORMAT_UNDEFINED;
      gst_query_parse_position(query, &format, nullptr);
      if (format != GST_FORMAT_TIME) return FALSE;
      gst_query_set_position(query, format, static_cast<gint64>(position));
      return TRUE;
    }
    // Inputs have durations and can be sought; what is made of them has none and cannot.
    case GST_QUERY_DURATION:
    case GST_QUERY_SEEKING:
      return FALSE;
    default:
      return gst_pad_query_default(source, parent, query);
  }
}

gboolean take_live_event(GstPad* source, GstObject* parent, GstEvent* event) {
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_QOS:
      gst_event_unref(event);
      return TRUE;
    case GST_EVENT_SEEK:
      gst_event_unref(event);
      return FALSE;
    default:
      return gst_pad_event_default(source, parent, event);
  }
}

}  // namespace spacecast
