// One monitor: a peer that only receives (WHEP). It is sent the whole mix and the program's
// picture, the encode that the viewers get, from the moment it is known to be who made the offer.
//
// Lives on the control loop. What the program sends comes from its streaming threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "glibx/loop.h"
#include "gstx/teardown.h"
#include "pipelines/program_return.h"
#include "pipelines/return_sender.h"
#include "pipelines/rtc_peer.h"

namespace spacecast {

class MonitorGraph {
 public:
  // The offer's sections only receive: at least one of sound and picture.
  using Options = RtcPeer::Options;
  using Fault = RtcPeer::Fault;
  using Events = RtcPeer::Events;
  // Has the program send to a sink for as long as what is returned lives: Program::monitor().
  // Called once, on the loop.
  using Subscribe = std::function<std::shared_ptr<void>(std::shared_ptr<ReturnSink>)>;
  struct Counts {
    ReturnSender::Counts sent;
    // Since the peer's last packet, which are all RTCP; empty where none has come yet.
    std::optional<std::chrono::microseconds> silence;
  };

  [[nodiscard]] static Result<std::unique_ptr<MonitorGraph>> create(
      Options options, Subscribe subscribe, std::shared_ptr<Loop> loop,
      std::shared_ptr<Teardown> teardown, Events events);
  MonitorGraph(const MonitorGraph&) = delete;
  MonitorGraph& operator=(const MonitorGraph&) = delete;
  ~MonitorGraph();

  // A trickled one, as studio/candidate.h gives it.
  void add_candidate(const std::string& candidate) { peer_->add_candidate(candidate); }
  [[nodiscard]] Counts counts() const;

 private:
  explicit MonitorGraph(Subscribe subscribe) : subscribe_(std::move(subscribe)) {}

  Subscribe subscribe_;
  std::unique_ptr<RtcPeer> peer_;
  std::shared_ptr<ReturnSender> sender_;
  std::shared_ptr<void> subscription_;
};

}  // namespace spacecast
