// How somebody who is on stage, or was a moment ago, comes back: a page that was loaded again, or
// a device that has changed networks. webrtcbin 1.22 cannot restart ICE, so that is a session of
// its own, and what the audience sees of it is nothing: the new session takes over slot, id and
// state once it is as good as the old one, which goes on until then.
#include <algorithm>

#include "studio/space.h"

namespace spacecast::studio {
namespace {

// Between two looks at whether a successor is as good as who it replaces.
constexpr std::chrono::milliseconds kSuccessionLook{20};

auto with_secret(const std::string& secret) {
  return [&secret](const auto& session) { return session->identity().secret == secret; };
}

}  // namespace

void Space::join_again(const Session& earlier, JoinRequest request,
                       std::function<void(Result<Joined>)> done) {
  const std::string id = earlier.identity().id;
  // Who comes back twice means the second time.
  if (const auto other = std::ranges::find_if(successors_, with_id(id));
      other != successors_.end()) {
    const std::string secret = (*other)->identity().secret;
    end_session(secret, "left", "replaced by a later one", ErrorCode::kConflict);
  }
  request.name = find_by_id(id)->identity().name;
  auto successor = make_session(id, request, nullptr);
  if (!successor) {
    ++counters_->refused;
    return done(std::unexpected(successor.error()));
  }
  unanswered_.add((*successor)->identity().secret, std::move(done));
  successors_.push_back(std::move(*successor));
  succession_ = loop_->every(kSuccessionLook, [this] { look_at_successors(); });
}

void Space::look_at_successors() {
  const auto now = Session::Clock::now();
  // Decoded as the old ones are, so that there is a picture to go on with.
  for (const auto& successor : successors_) {
    successor->set_watched(find_by_id(successor->identity().id)->watched());
  }
  const auto ready = std::ranges::find_if(successors_, [&](const auto& successor) {
    return successor->may_take_over(*find_by_id(successor->identity().id), now);
  });
  if (ready != successors_.end()) succeed(ready, {});
  if (successors_.empty()) succession_.stop();
}

// The place in the roster is kept, too. The old session goes with this function.
void Space::succeed(Sessions::iterator successor, std::string_view detail) {
  auto session = std::move(*successor);
  successors_.erase(successor);
  auto& stage = *std::ranges::find_if(sessions_, with_id(session->identity().id));
  session->take_over(*stage);
  std::swap(stage, session);
  const auto slot = stage->slot();
  stage->set_watched(std::ranges::find(watched_slots_, slot) != watched_slots_.end());
  ++counters_->rejoins;
  log("took over", *stage, detail);
  const std::string old = session->identity().secret;
  unanswered_.refuse(old, "a later session took over", ErrorCode::kConflict, counters_->refused);
}

void Space::end_session(const std::string& secret, std::string_view why, std::string_view detail,
                        ErrorCode refusal) {
  if (const auto found = std::ranges::find_if(successors_, with_secret(secret));
      found != successors_.end()) {
    log(why, **found, detail);
    successors_.erase(found);
    return unanswered_.refuse(secret, detail, refusal, counters_->refused);
  }
  const auto found = std::ranges::find_if(sessions_, with_secret(secret));
  if (found == sessions_.end()) return;
  const std::string id = (*found)->identity().id;
  if (const auto successor = std::ranges::find_if(successors_, with_id(id));
      successor != successors_.end()) {
    log(why, **found, detail);
    return succeed(successor, "the earlier session is over");
  }
  if (why != "left") places_.keep(secret, (*found)->place(), Session::Clock::now());
  remove(id, why, detail, refusal);
}

}  // namespace spacecast::studio
