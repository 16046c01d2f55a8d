// Those who watch the program with sub-second delay (WHEP): the host's second screen, a control
// room, an interpreter. Each costs a peer connection and the program's whole bit rate, which is
// what HLS is there to spare, so their number is bounded.
//
// Lives on the control loop, owned by the Space; counters of it are read anywhere.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "glibx/loop.h"
#include "gstx/teardown.h"
#include "pipelines/monitor_graph.h"
#include "studio/ice_session.h"
#include "studio/liveness.h"
#include "studio/monitor.h"
#include "studio/revoked_passes.h"
#include "studio/unanswered.h"

namespace spacecast::studio {

// For /metrics; any thread.
struct MonitorCounters {
  std::atomic<std::uint64_t> now = 0;
  std::atomic<std::uint64_t> joins = 0;    // Answered offers.
  std::atomic<std::uint64_t> refused = 0;  // Offers that were not answered, whatever the reason.
  std::atomic<std::uint64_t> lost = 0;     // Removed for silence, or never connected.
};

class Monitors {
 public:
  struct Options {
    std::size_t max = 20;
    LivenessLimits liveness;
    // How a peer of this Space is reached, and on which clock it runs.
    std::function<RtcPeer::Options(SpeakerOffer)> peer;
    MonitorGraph::Subscribe subscribe;
    // For the log: what became of whom, and why. May be empty.
    std::function<void(std::string_view what, std::string_view name, std::string_view detail)> log;
    std::shared_ptr<const RevokedPasses> revoked;
  };

  // Whose token it was.
  struct Bearer {
    std::string name;  // Empty where the token names nobody.
    std::string pass;  // Access::Pass::id.
  };

  Monitors(Options options, std::shared_ptr<Loop> loop, std::shared_ptr<Teardown> teardown);
  Monitors(const Monitors&) = delete;
  Monitors& operator=(const Monitors&) = delete;
  ~Monitors();

  // `done` is called once: with kLimit where there are enough of them, kForbidden where a host has
  // removed the bearer, kConflict after the end.
  void join(SpeakerOffer offer, Bearer bearer, std::function<void(Result<NewSession>)> done);
  // Null where there is none (any more).
  [[nodiscard]] Monitor* find(std::string_view secret);
  void leave(const Monitor& monitor);
  // A host has removed the pass's bearer, who watches no more either.
  void expel(std::string_view pass);
  // Removes those of whom nothing is heard. Called again and again.
  void check();
  // Removes everybody; nobody may come any more.
  void end();

  // Any thread, also after this object.
  [[nodiscard]] std::shared_ptr<MonitorCounters> counters() const { return counters_; }

 private:
  void answered(const std::string& secret, std::string answer);
  // Of those who are `wanted`: a copy, for who removes them.
  [[nodiscard]] std::vector<std::string> secrets_of(
      const std::function<bool(const Monitor&)>& wanted) const;
  // `refusal` is what one who still waits for the answer is told.
  void remove(const std::string& secret, std::string_view why, std::string_view detail,
              ErrorCode refusal);
  void log(std::string_view what, const Monitor& monitor, std::string_view detail) const;

  Options options_;
  std::shared_ptr<Loop> loop_;
  std::shared_ptr<Teardown> teardown_;
  std::shared_ptr<MonitorCounters> counters_ = std::make_shared<MonitorCounters>();
  std::vector<std::unique_ptr<Monitor>> monitors_;
  Unanswered<NewSession> unanswered_;
  bool ended_ = false;
};

}  // namespace spacecast::studio
