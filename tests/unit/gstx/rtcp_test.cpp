// Goal: what a peer says of the packets that it lost is read from its reports, whatever else is in
// them. Method: compound packets made by GStreamer's own writer.
#include "gstx/rtcp.h"

#include <gst/rtp/gstrtcpbuffer.h>

#include <catch2/catch.hpp>
#include <vector>

#include "gstx/ref.h"

using namespace spacecast;

namespace {

const bool initialised = (gst_init(nullptr, nullptr), true);

constexpr std::uint32_t kHighest = 70'000;

struct Block {
  std::uint32_t ssrc;
  std::uint8_t lost;
};

void add_report(GstRTCPBuffer& rtcp, GstRTCPType type, const std::vector<Block>& blocks) {
  GstRTCPPacket packet;
  REQUIRE(gst_rtcp_buffer_add_packet(&rtcp, type, &packet));
  if (type == GST_RTCP_TYPE_SR) {
    gst_rtcp_packet_sr_set_sender_info(&packet, 1, 2, 3, 4, 5);
  } else {
    gst_rtcp_packet_rr_set_ssrc(&packet, 1);
  }
  for (const auto& [ssrc, lost] : blocks) {
    REQUIRE(gst_rtcp_packet_add_rb(&packet, ssrc, lost, 0, kHighest, 0, 0, 0));
  }
}

// A sender report, a source description and a receiver report.
Ref<GstBuffer> compound(const std::vector<Block>& first, const std::vector<Block>& last) {
  auto buffer = adopt(gst_rtcp_buffer_new(1400));
  GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
  REQUIRE(gst_rtcp_buffer_map(buffer.get(), GST_MAP_READWRITE, &rtcp));
  add_report(rtcp, GST_RTCP_TYPE_SR, first);
  GstRTCPPacket description;
  REQUIRE(gst_rtcp_buffer_add_packet(&rtcp, GST_RTCP_TYPE_SDES, &description));
  gst_rtcp_packet_sdes_add_item(&description, 1);
  add_report(rtcp, GST_RTCP_TYPE_RR, last);
  gst_rtcp_buffer_unmap(&rtcp);
  return buffer;
}

}  // namespace

TEST_CASE("the block of a sender is found wherever it is") {
  const auto packet = compound({{7, 0}, {8, 64}}, {{9, 128}});
  CHECK(report_on(packet.get(), 7)->lost == 0);
  CHECK(report_on(packet.get(), 8)->lost == 0.25);
  CHECK(report_on(packet.get(), 9)->lost == 0.5);
  CHECK(report_on(packet.get(), 9)->received == kHighest);
}

TEST_CASE("of others nothing is said") {
  CHECK_FALSE(report_on(compound({}, {}).get(), 7));
  CHECK_FALSE(report_on(compound({{7, 1}}, {}).get(), 8));
}
