// Entry point of the plugin "spacecast": registers the elements and joins them with what they may
// not know themselves.
#include <gst/gst.h>

#include "plugins/activespeaker/activespeaker.h"

namespace {

gboolean plugin_init(GstPlugin* plugin) {
  return GST_ELEMENT_REGISTER(activespeaker, plugin);
}

}  // namespace

#define PACKAGE "spacecast"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, spacecast,
                  "Live Spaces: active speaker and low-latency HLS", plugin_init, "0.1.0", "LGPL",
                  "spacecast", "https://spacecast.invalid/")
