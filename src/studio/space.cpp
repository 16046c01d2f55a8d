#include "studio/space.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ids.h"
#include "base/secret.h"

namespace spacecast::studio {
namespace {

// Between two looks at whether all speakers are down.
constexpr std::chrono::milliseconds kEndingLook{20};

bool contains(const std::vector<unsigned>& slots, unsigned slot) {
  return std::ranges::find(slots, slot) != slots.end();
}

}  // namespace

std::shared_ptr<Space> Space::create(Options options, std::shared_ptr<Loop> loop,
                                     Program& program) {
  return std::shared_ptr<Space>(new Space(std::move(options), std::move(loop), program));
}

Space::Space(Options options, std::shared_ptr<Loop> loop, Program& program)
    : options_(std::move(options)),
      loop_(std::move(loop)),
      program_(program),
      monitors_(monitor_options(), loop_, teardown_),
      listeners_(options_.listeners_max),
      layout_(options_.layout),
      published_(roster()),
      tick_(loop_->every(options_.tick, [this] { tick(); })) {}

Space::~Space() = default;

RtcPeer::Options Space::peer_options(SpeakerOffer offer) const {
  return {.offer = std::move(offer),
          .clock = program_.clock(),
          .base_time = program_.base_time(),
          .ice = options_.ice,
          .jitter_buffer = options_.jitter_buffer};
}

Monitors::Options Space::monitor_options() {
  return {.max = options_.monitors_max,
          .liveness = options_.liveness,
          .peer = [this](SpeakerOffer offer) { return peer_options(std::move(offer)); },
          .subscribe = [this](std::shared_ptr<ReturnSink> sink) -> std::shared_ptr<void> {
            return program_.monitor(std::move(sink));
          },
          .log =
              [this](std::string_view what, std::string_view name, std::string_view detail) {
                if (options_.log) options_.log({what, {}, name, detail});
              },
          .revoked = revoked_};
}

void Space::join(JoinRequest request, std::function<void(Result<Joined>)> done) {
  const auto refuse = [&](Error error) {
    ++counters_->refused;
    done(std::unexpected(std::move(error)));
  };
  if (ended_) return refuse({ErrorCode::kConflict, "the Space has ended"});
  if (auto allowed = check_pass(request); !allowed) return refuse(allowed.error());
  if (const auto* earlier = find_by_secret(request.replaces)) {
    return join_again(*earlier, std::move(request), std::move(done));
  }
  if (sessions_.size() >= options_.speakers_max) {
    return refuse({ErrorCode::kLimit,
                   fmt::format("the stage is full: all {} places are taken; try again when "
                               "somebody has left",
                               options_.speakers_max)});
  }
  const auto place = places_.take(request.replaces, Session::Clock::now());
  if (place) request.name = place->name;
  auto slot = program_.acquire(request.name, place ? std::optional(place->slot) : std::nullopt);
  if (!slot) return refuse(slot.error());
  auto session = make_session(place ? place->id : random_id(), request, std::move(*slot));
  if (!session) return refuse(session.error());
  if (place) (*session)->restore(*place);
  (*session)->set_watched(contains(watched_slots_, (*session)->slot()));
  unanswered_.add((*session)->identity().secret, std::move(done));
  sessions_.push_back(std::move(*session));
  counters_->speakers = sessions_.size();
}

Result<std::unique_ptr<Session>> Space::make_session(std::string id, JoinRequest& request,
                                                     std::unique_ptr<ProgramSlot> slot) {
  const std::string secret = random_id();
  // The graph calls back from the loop and never after its session, which this owns, is gone.
  return Session::create(
      {.id = std::move(id),
       .secret = secret,
       .etag = "\"" + random_id() + "\"",
       .name = std::move(request.name),
       .role = request.role,
       .pass = std::move(request.pass),
       .pass_expires = request.pass_expires},
      peer_options(std::move(request.offer)), std::move(slot), options_.liveness, loop_, teardown_,
      {.answered = [this, secret](std::string answer) { answered(secret, std::move(answer)); },
       .connected = [this, secret] { connected(secret); },
       .failed = [this, secret](SpeakerGraph::Fault fault,
                                const std::string& what) { failed(secret, fault, what); }});
}

void Space::answered(const std::string& secret, std::string answer) {
  const auto done = unanswered_.take(secret);
  const auto* session = find_by_secret(secret);
  ++counters_->joins;
  log("joined", *session, {});
  const auto& identity = session->identity();
  done(Joined{identity.id, identity.secret, identity.etag, std::move(answer)});
}

void Space::connected(const std::string& secret) {
  auto* session = find_by_secret(secret);
  session->set_connected();
  log("connected", *session, {});
}

void Space::failed(const std::string& secret, SpeakerGraph::Fault fault, const std::string& what) {
  if (fault == SpeakerGraph::Fault::kFingerprint) ++counters_->fingerprint_mismatches;
  end_session(secret, "failed", what,
              fault == SpeakerGraph::Fault::kNoAnswer ? ErrorCode::kLimit : ErrorCode::kInternal);
}

Session* Space::find_by_secret(std::string_view secret) {
  for (const auto* sessions : {&sessions_, &successors_}) {
    const auto found = std::ranges::find_if(*sessions, [&](const auto& session) {
      return same_secret(session->identity().secret, secret);
    });
    if (found != sessions->end()) return found->get();
  }
  return nullptr;
}

Session* Space::find_by_id(std::string_view id) {
  const auto found = std::ranges::find_if(sessions_, with_id(id));
  return found == sessions_.end() ? nullptr : found->get();
}

void Space::leave(const Session& session) {
  const std::string secret = session.identity().secret;
  end_session(secret, "left", {});
}

void Space::leave_stage(const Session& session) {
  const std::string id = session.identity().id;
  remove(id, "left", {});
}

void Space::remove(const std::string& id, std::string_view why, std::string_view detail,
                   ErrorCode refusal) {
  const auto found = std::ranges::find_if(sessions_, with_id(id));
  if (found == sessions_.end()) return;
  const std::string secret = (*found)->identity().secret;
  log(why, **found, detail);
  if (pinned_slot_ == (*found)->slot()) unpin();
  const auto successor = std::ranges::find_if(successors_, with_id(id));
  sessions_.erase(found);
  counters_->speakers = sessions_.size();
  if (successor != successors_.end()) {
    const std::string its_secret = (*successor)->identity().secret;
    successors_.erase(successor);
    unanswered_.refuse(its_secret, detail, refusal, counters_->refused);
  }
  unanswered_.refuse(secret, detail, refusal, counters_->refused);
}

Roster Space::roster() const {
  Roster roster{.space = options_.id, .ended = ended_, .layout = layout_, .speakers = {}};
  const auto now = Session::Clock::now();
  for (const auto& session : sessions_) {
    auto entry = session->describe(now);
    entry.on_air = on_air_slot_ >= 0 && session->slot() == static_cast<unsigned>(on_air_slot_);
    entry.talking = contains(talking_slots_, session->slot());
    entry.pinned = pinned_slot_ == session->slot();
    roster.speakers.push_back(std::move(entry));
  }
  return roster;
}

void Space::listen(std::shared_ptr<http::EventStream> listener) {
  const auto now = roster();
  listener->send("stage", to_json(now));
  listener->send("on-air", on_air_json(now));
  listener->send("hint", hints_.to_json());
  if (ended_) {
    listener->send("ended", "{}");
    listener->close();
    return;
  }
  listeners_.add(std::move(listener));
}

void Space::set_on_air(const Program::OnAir& on_air) {
  on_air_slot_ = on_air.slot;
  publish();
}

// Syllables come and go: the next tick tells.
void Space::set_talking(std::vector<unsigned> slots) {
  talking_slots_ = std::move(slots);
}

void Space::set_watched(std::vector<unsigned> slots) {
  watched_slots_ = std::move(slots);
  for (const auto& session : sessions_) {
    session->set_watched(contains(watched_slots_, session->slot()));
  }
  hint();
}

void Space::tick() {
  const auto now = Session::Clock::now();
  std::vector<std::string> lost;
  for (const auto* sessions : {&successors_, &sessions_}) {
    for (const auto& session : *sessions) {
      if (session->connection(now) == Connection::kLost) lost.push_back(session->identity().secret);
    }
  }
  for (const auto& secret : lost) {
    ++counters_->lost;
    end_session(secret, "lost", "nothing was heard of the peer");
  }
  monitors_.check();
  publish();
  hint();
}

// Called at every tick, so a burst of changes is one event.
void Space::publish() {
  auto now = roster();
  if (same_news(now, published_)) return;
  const auto on_air = on_air_json(now);
  const bool other_on_air = on_air != on_air_json(published_);
  listeners_.send("stage", to_json(now));
  if (other_on_air) listeners_.send("on-air", on_air);
  published_ = std::move(now);
}

void Space::hint() {
  std::vector<Sender> senders;
  for (const auto& session : sessions_) {
    senders.push_back({session->identity().id, session->watched()});
  }
  if (hints_.update(senders, Session::Clock::now())) listeners_.send("hint", hints_.to_json());
}

void Space::end(std::function<void()> done) {
  ended_ = true;
  while (!sessions_.empty()) {
    const std::string id = sessions_.back()->identity().id;
    remove(id, "removed", "the Space has ended");
  }
  monitors_.end();
  on_air_slot_ = -1;
  publish();
  listeners_.send("ended", "{}");
  listeners_.close();
  tick_.stop();
  const auto deadline = Session::Clock::now() + Teardown::kDeadline;
  ending_ = loop_->every(kEndingLook, [this, deadline, done = std::move(done)] {
    if (teardown_->running() > 0 && Session::Clock::now() < deadline) return;
    const auto finished = done;
    ending_.stop();
    finished();
  });
}

void Space::log(std::string_view what, const Session& session, std::string_view detail) const {
  if (options_.log) {
    options_.log({what, session.identity().id, session.identity().name, detail});
  }
}

}  // namespace spacecast::studio
