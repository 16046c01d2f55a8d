#include "gstx/ice.h"

#include <fmt/format.h>

#include <memory>

#include "glibx/ref.h"

namespace spacecast {

Result<void> restrict_ice(GstElement* webrtcbin, const std::string& address) {
  // Not Ref: webrtcbin 1.22 holds its agent by a floating reference, and sinking it would free it.
  using Borrowed = Owned<GObject, g_object_unref>;
  const auto object_property = [](gpointer of, const char* name) {
    GObject* object = nullptr;
    g_object_get(of, name, &object, nullptr);
    return Borrowed(object);
  };
  const Borrowed ice = object_property(webrtcbin, "ice-agent");
  const Borrowed agent = object_property(ice.get(), "agent");
  g_object_set(agent.get(), "upnp", FALSE, "ice-tcp", FALSE, "keepalive-conncheck", TRUE, nullptr);
  if (address.empty()) return {};
  gboolean added = FALSE;
  g_signal_emit_by_name(ice.get(), "add-local-ip-address", address.c_str(), &added);
  if (added) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("ICE address {}: not an IP address", address));
}

}  // namespace spacecast
