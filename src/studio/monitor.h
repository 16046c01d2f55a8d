// One who watches the program (WHEP), from the offer to the end. Lives on the control loop, owned
// by Monitors.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "http/server.h"
#include "pipelines/monitor_graph.h"
#include "studio/ice_session.h"
#include "studio/liveness.h"

namespace spacecast::studio {

class Monitor {
 public:
  using Clock = std::chrono::steady_clock;

  struct Identity {
    std::string secret;  // Unguessable: whoever has it may end the session.
    std::string etag;
    std::string name;  // Of the pass; empty where it names nobody.
    std::string pass;  // Access::Pass::id.
  };

  // `events` as in MonitorGraph.
  [[nodiscard]] static Result<std::unique_ptr<Monitor>> create(
      Identity identity, MonitorGraph::Options options, MonitorGraph::Subscribe subscribe,
      std::shared_ptr<Loop> loop, std::shared_ptr<Teardown> teardown, MonitorGraph::Events events);

  [[nodiscard]] const Identity& identity() const { return identity_; }
  // The answer to a PATCH (ice_session.h).
  [[nodiscard]] http::Response patch(const http::Request& request);
  void set_connected() { connected_ = Clock::now(); }
  // Who receives reports on it every few seconds: without, nobody is there (liveness.h).
  [[nodiscard]] Connection connection(const LivenessLimits& limits, Clock::time_point now) const;

 private:
  Monitor(Identity identity, const SpeakerOffer& offer);

  Identity identity_;
  IceSession ice_;
  Clock::time_point created_ = Clock::now();
  std::optional<Clock::time_point> connected_;
  std::unique_ptr<MonitorGraph> graph_;
};

}  // namespace spacecast::studio
