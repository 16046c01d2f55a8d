// What RTCP packets say (RFC 3550 §6.4).
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>

namespace spacecast {

// What a receiver says of a sender's packets.
struct ReceiverReport {
  double lost = 0;             // The share since its report before, 0 to 1.
  std::uint32_t received = 0;  // The highest sequence number, extended.
};

// The first block on that sender in a compound packet, as rtpbin hands it out (validated); empty
// where nothing is said of it.
[[nodiscard]] std::optional<ReceiverReport> report_on(GstBuffer* rtcp, std::uint32_t ssrc);

}  // namespace spacecast
