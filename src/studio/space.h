// A Space: who is on stage, what they may know of each other, and their way into the program.
//
// Lives on the control loop; every member function is for that loop only, counters() excepted. HTTP
// handlers post to it (stage_http.h, api_http.h) and hold it weakly.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "glibx/loop.h"
#include "gstx/ice.h"
#include "gstx/teardown.h"
#include "http/server.h"
#include "layout/director.h"
#include "pipelines/program.h"
#include "pipelines/speaker_offer.h"
#include "studio/event_hub.h"
#include "studio/ice_servers.h"
#include "studio/liveness.h"
#include "studio/monitors.h"
#include "studio/places.h"
#include "studio/quality_hints.h"
#include "studio/revoked_passes.h"
#include "studio/roster.h"
#include "studio/session.h"
#include "studio/unanswered.h"

namespace spacecast::studio {

// For /metrics; any thread.
struct SpaceCounters {
  std::atomic<std::uint64_t> joins = 0;    // Answered offers.
  std::atomic<std::uint64_t> refused = 0;  // Offers that were not answered, whatever the reason.
  std::atomic<std::uint64_t> fingerprint_mismatches = 0;
  std::atomic<std::uint64_t> lost = 0;     // Removed for silence, or never connected.
  std::atomic<std::uint64_t> rejoins = 0;  // Sessions that took an earlier one's place.
  std::atomic<std::uint64_t> speakers = 0;
};

// For the log.
struct SpaceEvent {
  // "joined", "connected", "took over", "left", "removed", "lost", "failed"
  std::string_view what;
  std::string_view speaker;
  std::string_view name;
  std::string_view detail;
};

class Space : public std::enable_shared_from_this<Space> {
 public:
  struct Options {
    std::string id;
    IceNetwork ice;
    IceServers ice_servers;  // What clients are told of.
    std::size_t speakers_max = 13;
    std::size_t listeners_max = 2000;
    std::size_t monitors_max = 20;
    // At one time: a page and its successor, but never the whole stage.
    std::size_t sessions_per_pass_max = 2;
    layout::Mode layout = layout::Mode::kSpeaker;  // What the program begins with.
    LivenessLimits liveness;
    std::chrono::milliseconds jitter_buffer{150};
    // The roster is looked at, and sent on where it has changed, this often.
    std::chrono::milliseconds tick{200};
    std::function<void(const SpaceEvent&)> log;  // May be empty.
    // A host asks for the end, which is for whoever made the Space to bring about: end() and all
    // that belongs to it. Called once at most, on the loop. May be empty.
    std::function<void()> end_wanted;
  };
  struct JoinRequest {
    SpeakerOffer offer;
    std::string name;
    Role role = Role::kSpeaker;
    std::string pass;  // Access::Pass::id; empty: none.
    std::chrono::sys_seconds pass_expires{};
    std::string replaces;  // The secret of the caller's earlier session; empty: none.
  };
  struct Joined {
    std::string id;
    std::string secret;
    std::string etag;
    std::string answer;
  };

  // `program` outlives the Space.
  [[nodiscard]] static std::shared_ptr<Space> create(Options options, std::shared_ptr<Loop> loop,
                                                     Program& program);
  Space(const Space&) = delete;
  Space& operator=(const Space&) = delete;
  ~Space();

  // These never change: any thread.
  [[nodiscard]] const std::string& id() const { return options_.id; }
  [[nodiscard]] const IceServers& ice_servers() const { return options_.ice_servers; }

  // `done` is called once, later: with kLimit where the stage is full, kConflict after the end and
  // where the pass is on stage often enough already, kForbidden where it is revoked.
  void join(JoinRequest request, std::function<void(Result<Joined>)> done);
  // Null where there is none (any more).
  [[nodiscard]] Session* find_by_secret(std::string_view secret);
  [[nodiscard]] Session* find_by_id(std::string_view id);
  // Ends this session, or with the second function whoever is on stage by it.
  void leave(const Session& session);
  void leave_stage(const Session& session);

  // What hosts do (role.h says who may). A pin ends with the session at the latest.
  void set_pinned(const Session& session, bool pinned);
  void set_layout(layout::Mode mode);
  // Takes a speaker off the stage, in all sessions of the same pass, and revokes the pass.
  void expel(const Session& session);
  // kConflict after the end, and where it is under way.
  [[nodiscard]] Result<void> ask_end();

  [[nodiscard]] Roster roster() const;
  // False where there are too many listeners. Sends "stage", "on-air" and "hint" at
  // once.
  [[nodiscard]] bool can_listen() { return !listeners_.full(); }
  void listen(std::shared_ptr<http::EventStream> listener);

  // Those who watch the program; they end with the Space.
  [[nodiscard]] Monitors& monitors() { return monitors_; }

  // What the program reports.
  void set_on_air(const Program::OnAir& on_air);
  void set_talking(std::vector<unsigned> slots);
  // Whose picture may be seen now or next: nobody else's is decoded, and all others are asked for a
  // small one.
  void set_watched(std::vector<unsigned> slots);

  // Tells everybody, takes all speakers down; `done` is called when that is over, or has taken
  // Teardown::kDeadline.
  void end(std::function<void()> done);

  // Any thread, also after the Space.
  [[nodiscard]] std::shared_ptr<SpaceCounters> counters() const { return counters_; }
  [[nodiscard]] std::shared_ptr<const Teardown> teardown() const { return teardown_; }
  [[nodiscard]] std::shared_ptr<const RevokedPasses> revoked() const { return revoked_; }

 private:
  using Sessions = std::vector<std::unique_ptr<Session>>;

  Space(Options options, std::shared_ptr<Loop> loop, Program& program);
  [[nodiscard]] RtcPeer::Options peer_options(SpeakerOffer offer) const;
  [[nodiscard]] Monitors::Options monitor_options();
  void tick();
  void publish();
  void hint();
  // A session is called by its secret here: a successor has the id of the one it replaces.
  [[nodiscard]] Result<std::unique_ptr<Session>> make_session(std::string id, JoinRequest& request,
                                                              std::unique_ptr<ProgramSlot> slot);
  void answered(const std::string& secret, std::string answer);
  void connected(const std::string& secret);
  void failed(const std::string& secret, SpeakerGraph::Fault fault, const std::string& what);
  // space_rejoin.cpp
  void join_again(const Session& earlier, JoinRequest request,
                  std::function<void(Result<Joined>)> done);
  void look_at_successors();
  void succeed(Sessions::iterator successor, std::string_view detail);
  // One session is over. Where it has a successor that steps in.
  void end_session(const std::string& secret, std::string_view why, std::string_view detail,
                   ErrorCode refusal = ErrorCode::kInternal);
  // A person is gone, with all sessions. `refusal` is what one who still waits for the answer is
  // told.
  void remove(const std::string& id, std::string_view why, std::string_view detail,
              ErrorCode refusal = ErrorCode::kInternal);
  [[nodiscard]] Result<void> check_pass(const JoinRequest& request) const;
  void unpin();
  void log(std::string_view what, const Session& session, std::string_view detail) const;

  Options options_;
  std::shared_ptr<Loop> loop_;
  Program& program_;
  std::shared_ptr<Teardown> teardown_ = std::make_shared<Teardown>();
  std::shared_ptr<SpaceCounters> counters_ = std::make_shared<SpaceCounters>();
  std::shared_ptr<RevokedPasses> revoked_ = std::make_shared<RevokedPasses>();
  Monitors monitors_;
  Sessions sessions_;
  Sessions successors_;  // One a session at most, with its id.
  Places places_;
  Unanswered<Joined> unanswered_;
  EventHub listeners_;
  int on_air_slot_ = -1;
  std::vector<unsigned> talking_slots_;
  std::vector<unsigned> watched_slots_;
  QualityHints hints_;
  layout::Mode layout_;
  std::optional<unsigned> pinned_slot_;
  bool end_asked_ = false;
  bool ended_ = false;
  Roster published_;
  Timer tick_;
  Timer succession_;
  Timer ending_;
};

}  // namespace spacecast::studio
