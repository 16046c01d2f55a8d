// The ICE agent behind a webrtcbin, set up before its first state change.
#pragma once

#include <gst/gst.h>

#include <string>

#include "base/error.h"

namespace spacecast {

// UDP only and without UPnP, which costs 200 ms a session and opens discovery sockets on the local
// network. Candidates are gathered on `address` alone, loopback ones included (libnice leaves those
// out otherwise); an empty one stands for every interface. kInvalidArgument where it is no IP
// address.
[[nodiscard]] Result<void> restrict_ice(GstElement* webrtcbin, const std::string& address);

}  // namespace spacecast
