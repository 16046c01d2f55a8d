// Entry point of the plugin "spacecast": registers the elements and joins them with what they may
// not know themselves.
#include <fmt/format.h>
#include <gst/gst.h>

#include <memory>
#include <utility>

#include "http/server.h"
#include "origin/origin.h"
#include "plugins/activespeaker/activespeaker.h"
#include "plugins/llhlssink/llhlssink.h"
#include "plugins/speakergate/speakergate.h"
#include "plugins/stagemix/stagemix.h"

namespace {

using spacecast::ErrorCode;
using spacecast::Result;

// A presentation at the root of a server of its own.
struct Serving {
  std::unique_ptr<spacecast::http::Server> server;
  std::shared_ptr<spacecast::origin::Origin> origin;
};

Result<std::shared_ptr<void>> serve(std::shared_ptr<spacecast::hls::Store> store,
                                    std::uint16_t port) {
  auto server = spacecast::http::Server::create({.port = port, .thread_name = "hls-origin"});
  if (!server) {
    return fail(ErrorCode::kIo, fmt::format("http-port {}: {}", port, server.error().message));
  }
  auto serving = std::make_shared<Serving>();
  serving->server = std::move(*server);
  serving->origin = spacecast::origin::Origin::mount(*serving->server, std::move(store), "");
  serving->server->start();
  return serving;
}

gboolean plugin_init(GstPlugin* plugin) {
  spacecast::spacecast_ll_hls_sink_set_server(serve);
  return GST_ELEMENT_REGISTER(activespeaker, plugin) && GST_ELEMENT_REGISTER(llhlssink, plugin) &&
         GST_ELEMENT_REGISTER(speakergate, plugin) && GST_ELEMENT_REGISTER(stagemix, plugin);
}

}  // namespace

#define PACKAGE "spacecast"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, spacecast,
                  "Live Spaces: active speaker and low-latency HLS", plugin_init, "0.1.0", "LGPL",
                  "spacecast", "https://spacecast.invalid/")
