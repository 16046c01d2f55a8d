// One speaker on stage, from the offer to the leave. Lives on the control loop, owned by its Space.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pipelines/speaker_graph.h"
#include "studio/ice_session.h"
#include "studio/liveness.h"
#include "studio/places.h"
#include "studio/role.h"
#include "studio/roster.h"

namespace spacecast::studio {

class Session {
 public:
  using Clock = std::chrono::steady_clock;

  struct Identity {
    std::string id;      // Public.
    std::string secret;  // Whoever has it is this speaker (RFC 9725 §4.1: unguessable).
    std::string etag;    // Of the ICE session, quotes included (RFC 9725 §4.3.1).
    std::string name;
    Role role = Role::kSpeaker;
    std::string pass;  // Access::Pass::id; empty: none.
    std::chrono::sys_seconds pass_expires{};
  };

  // `events` as in SpeakerGraph. Without a slot: a successor, for take_over().
  [[nodiscard]] static Result<std::unique_ptr<Session>> create(
      Identity identity, SpeakerGraph::Options options, std::unique_ptr<ProgramSlot> slot,
      LivenessLimits limits, std::shared_ptr<Loop> loop, std::shared_ptr<Teardown> teardown,
      SpeakerGraph::Events events);

  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] unsigned slot() const { return slot_; }
  // The answer to a PATCH on the session's URL (ice_session.h).
  [[nodiscard]] http::Response patch(const http::Request& request);
  // kConflict where the offer had no video.
  [[nodiscard]] Result<void> set_camera(bool on);
  // As set_camera(), of the second video.
  [[nodiscard]] Result<void> set_screen(bool on);
  void set_muted(bool muted);
  void set_hand(bool raised) { hand_ = raised; }
  // A display name (display_name.h), for the roster and the picture.
  void set_name(std::string name);
  void set_watched(bool watched);
  [[nodiscard]] bool watched() const { return watched_; }
  void set_connected() { connected_ = Clock::now(); }

  // What whoever comes back after this is gone goes on with, and going on with it.
  [[nodiscard]] Place place() const;
  void restore(const Place& place);
  // Whether a successor is as good as the one it replaces (succession.h), and its taking over all
  // that the other one is: slot, name and state. Only what its offer has no section for is off.
  [[nodiscard]] bool may_take_over(const Session& other, Clock::time_point now) const;
  void take_over(Session& other);

  [[nodiscard]] Connection connection(Clock::time_point now) const;
  // What the roster says; who is on air is not known here.
  [[nodiscard]] RosterEntry describe(Clock::time_point now) const;

 private:
  Session(Identity identity, const SpeakerOffer& offer, unsigned slot, LivenessLimits limits);

  Identity identity_;
  LivenessLimits limits_;
  unsigned slot_;
  IceSession ice_;
  bool has_video_;
  bool has_screen_;
  bool camera_;
  bool muted_ = false;
  bool hand_ = false;
  bool screen_ = false;
  bool watched_ = false;
  std::optional<Clock::time_point> connected_;
  Clock::time_point created_ = Clock::now();
  std::unique_ptr<SpeakerGraph> graph_;
};

// For looking through a list of them.
[[nodiscard]] inline auto with_id(std::string_view id) {
  return [id](const std::unique_ptr<Session>& session) { return session->identity().id == id; };
}

}  // namespace spacecast::studio
