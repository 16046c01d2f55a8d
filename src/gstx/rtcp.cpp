#include "gstx/rtcp.h"

#include <gst/rtp/gstrtcpbuffer.h>

namespace spacecast {
namespace {

std::optional<ReceiverReport> block_on(GstRTCPPacket& packet, std::uint32_t ssrc) {
  const auto type = gst_rtcp_packet_get_type(&packet);
  if (type != GST_RTCP_TYPE_SR && type != GST_RTCP_TYPE_RR) return std::nullopt;
  for (guint i = 0; i < gst_rtcp_packet_get_rb_count(&packet); ++i) {
    guint32 of = 0, highest = 0, jitter = 0, last_sr = 0, delay = 0;
    guint8 fraction = 0;
    gint32 lost = 0;
    gst_rtcp_packet_get_rb(&packet, i, &of, &fraction, &lost, &highest, &jitter, &last_sr, &delay);
    if (of == ssrc) return ReceiverReport{.lost = fraction / 256.0, .received = highest};
  }
  return std::nullopt;
}

}  // namespace

std::optional<ReceiverReport> report_on(GstBuffer* rtcp, std::uint32_t ssrc) {
  GstRTCPBuffer mapped = GST_RTCP_BUFFER_INIT;
  if (!gst_rtcp_buffer_map(rtcp, GST_MAP_READ, &mapped)) return std::nullopt;
  std::optional<ReceiverReport> report;
  GstRTCPPacket packet;
  for (bool more = gst_rtcp_buffer_get_first_packet(&mapped, &packet); more && !report;
       more = gst_rtcp_packet_move_to_next(&packet)) {
    report = block_on(packet, ssrc);
  }
  gst_rtcp_buffer_unmap(&mapped);
  return report;
}

}  // namespace spacecast
