// The ICE agent behind a webrtcbin, set up before its first state change.
#pragma once

#include <gst/gst.h>

#include <string>

#include "base/error.h"

namespace spacecast {

// UDP only and without UPnP, which costs 200 ms a session and opens discovery sockets on the local
// network. Keep-alives ask for an answer, so that a peer that vanished without having sent anything
// fails after 50 s; libnice's consent freshness (RFC 7675) would end sessions after 10 s of loss,
// up to 0.1.21. Candidates are gathered on `address` alone, loopback ones included (libnice leaves
// those out otherwise); an empty one stands for every interface. kInvalidArgument where it is no IP
// address.
[[nodiscard]] Result<void> restrict_ice(GstElement* webrtcbin, const std::string& address);

}  // namespace spacecast
