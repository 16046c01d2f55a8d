#include "gstx/ice.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "glibx/ref.h"

namespace spacecast {
namespace {

// The address of "a=candidate:foundation component transport priority address port typ host"; empty
// for every other line.
std::string_view host_address(std::string_view line) {
  if (!line.starts_with("a=candidate:") || !line.contains(" typ host")) return {};
  for (int field = 0; field < 4; ++field) {
    line.remove_prefix(std::min(line.size(), line.find(' ')));
    if (!line.empty()) line.remove_prefix(1);
  }
  return line.substr(0, line.find(' '));
}

}  // namespace

Result<void> restrict_ice(GstElement* webrtcbin, const IceNetwork& network) {
  // Not Ref: webrtcbin 1.22 holds its agent by a floating reference, and sinking it would free it.
  using Borrowed = Owned<GObject, g_object_unref>;
  const auto object_property = [](gpointer of, const char* name) {
    GObject* object = nullptr;
    g_object_get(of, name, &object, nullptr);
    return Borrowed(object);
  };
  const Borrowed ice = object_property(webrtcbin, "ice-agent");
  g_object_set(ice.get(), "min-rtp-port", guint{network.port_min}, "max-rtp-port",
               guint{network.port_max}, nullptr);
  const Borrowed agent = object_property(ice.get(), "agent");
  g_object_set(agent.get(), "upnp", FALSE, "ice-tcp", FALSE, "keepalive-conncheck", TRUE, nullptr);
  if (network.address.empty()) return {};
  gboolean added = FALSE;
  g_signal_emit_by_name(ice.get(), "add-local-ip-address", network.address.c_str(), &added);
  if (added) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("ICE address {}: not an IP address", network.address));
}

std::string with_public_address(std::string_view sdp, const IceNetwork& network) {
  if (network.public_address.empty()) return std::string(sdp);
  std::string result;
  while (!sdp.empty()) {
    const auto line = sdp.substr(0, std::min(sdp.size(), sdp.find('\n')) + 1);
    sdp.remove_prefix(line.size());
    const auto address = host_address(line);
    if (address.empty() || address != network.address) {
      result += line;
      continue;
    }
    const auto before = static_cast<std::size_t>(address.data() - line.data());
    result += line.substr(0, before);
    result += network.public_address;
    result += line.substr(before + address.size());
  }
  return result;
}

}  // namespace spacecast
