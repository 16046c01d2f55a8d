#include "pipelines/monitor_graph.h"

#include <utility>

namespace spacecast {

Result<std::unique_ptr<MonitorGraph>> MonitorGraph::create(Options options, Subscribe subscribe,
                                                           std::shared_ptr<Loop> loop,
                                                           std::shared_ptr<Teardown> teardown,
                                                           Events events) {
  std::unique_ptr<MonitorGraph> graph(new MonitorGraph(std::move(subscribe)));
  events.connected = [self = graph.get(), connected = std::move(events.connected)] {
    self->subscription_ = self->subscribe_(self->sender_);
    connected();
  };
  auto peer = RtcPeer::create(std::move(options), Playout::kInStep, std::move(loop),
                              std::move(teardown), std::move(events));
  if (!peer) return std::unexpected(peer.error());
  graph->peer_ = std::move(*peer);
  auto sender = ReturnSender::create(*graph->peer_);
  if (!sender) return std::unexpected(sender.error());
  graph->sender_ = std::move(*sender);
  const auto started = graph->peer_->start([](std::size_t, GstPad*) {});
  if (!started) return std::unexpected(started.error());
  return graph;
}

MonitorGraph::~MonitorGraph() = default;

MonitorGraph::Counts MonitorGraph::counts() const {
  return {.sent = sender_->counts(), .silence = peer_->life()->silence()};
}

}  // namespace spacecast
