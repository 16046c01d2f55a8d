// The ICE agent behind a webrtcbin, set up before its first state change, and what the outside is
// told of it.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace spacecast {

// Where media come in.
struct IceNetwork {
  // The only local address to offer, a numeric one; empty: every one but loopback.
  std::string address;
  // What the outside knows `address` by (1:1 NAT): peers are told this one instead. Empty: itself.
  std::string public_address;
  // UDP ports; 0 and 65535: any. A peer takes one on each address.
  std::uint16_t port_min = 0;
  std::uint16_t port_max = 65535;

  [[nodiscard]] bool any_port() const { return port_min == 0; }
};

// UDP only and without UPnP, which costs 200 ms a session and opens discovery sockets on the local
// network. Keep-alives ask for an answer, so that a peer that vanished without having sent anything
// fails after 50 s; libnice's consent freshness (RFC 7675) would end sessions after 10 s of loss,
// up to 0.1.21. Candidates are gathered on the given address alone, loopback ones included (libnice
// leaves those out otherwise). kInvalidArgument where it is no IP address. Where no port is free
// gathering never ends, in 1.22.
[[nodiscard]] Result<void> restrict_ice(GstElement* webrtcbin, const IceNetwork& network);

// A description of ours as peers are to see it: in its host candidates (RFC 8839 §5.1) the local
// address is replaced by the public one.
[[nodiscard]] std::string with_public_address(std::string_view sdp, const IceNetwork& network);

}  // namespace spacecast
