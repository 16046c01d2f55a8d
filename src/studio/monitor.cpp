#include "studio/monitor.h"

namespace spacecast::studio {

Result<std::unique_ptr<Monitor>> Monitor::create(Identity identity, MonitorGraph::Options options,
                                                 MonitorGraph::Subscribe subscribe,
                                                 std::shared_ptr<Loop> loop,
                                                 std::shared_ptr<Teardown> teardown,
                                                 MonitorGraph::Events events) {
  std::unique_ptr<Monitor> monitor(new Monitor(std::move(identity), options.offer));
  auto graph = MonitorGraph::create(std::move(options), std::move(subscribe), std::move(loop),
                                    std::move(teardown), std::move(events));
  if (!graph) return std::unexpected(graph.error());
  monitor->graph_ = std::move(*graph);
  return monitor;
}

Monitor::Monitor(Identity identity, const SpeakerOffer& offer)
    : identity_(std::move(identity)),
      ice_(identity_.etag, offer.ufrag, offer.password, offer.candidates) {}

http::Response Monitor::patch(const http::Request& request) {
  const auto candidates = ice_.patch(request);
  if (!candidates) return candidates.error();
  for (const auto& candidate : *candidates) graph_->add_candidate(candidate);
  return http::empty(204);
}

Connection Monitor::connection(const LivenessLimits& limits, Clock::time_point now) const {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  auto silence = graph_->counts().silence;
  // One who connects and is never heard of is as silent as one who falls silent.
  if (!silence && connected_) silence = duration_cast<microseconds>(now - *connected_);
  return judge_liveness(limits, connected_.has_value(), duration_cast<microseconds>(now - created_),
                        silence);
}

}  // namespace spacecast::studio
