// What hosts do to a Space, and what a pass still lets its bearer do after that.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/secret.h"
#include "studio/space.h"

namespace spacecast::studio {

Result<void> Space::check_pass(const JoinRequest& request) const {
  if (request.pass.empty()) return {};
  // Between the look at the token and this one a host may have removed its bearer.
  if (revoked_->contains(request.pass)) {
    return fail(ErrorCode::kForbidden, std::string(kRevokedDetail));
  }
  const auto others = std::ranges::count_if(sessions_, [&](const auto& session) {
    return session->identity().pass == request.pass &&
           !same_secret(session->identity().secret, request.replaces);
  });
  if (static_cast<std::size_t>(others) >= options_.sessions_per_pass_max) {
    return fail(ErrorCode::kConflict,
                fmt::format("this token is on stage {} times already; leave there first, or ask "
                            "for a token of your own",
                            others));
  }
  return {};
}

void Space::set_pinned(const Session& session, bool pinned) {
  if (pinned) {
    pinned_slot_ = session.slot();
    program_.pin(pinned_slot_);
  } else if (pinned_slot_ == session.slot()) {
    unpin();
  }
}

void Space::unpin() {
  pinned_slot_.reset();
  program_.pin(std::nullopt);
}

void Space::set_layout(layout::Mode mode) {
  layout_ = mode;
  program_.set_layout(mode);
}

void Space::expel(const Session& session) {
  // A copy: the session goes.
  const auto expelled = session.identity();
  if (!expelled.pass.empty()) {
    revoked_->add(expelled.pass, expelled.pass_expires,
                  std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    monitors_.expel(expelled.pass);
  }
  std::vector<std::string> ids;
  for (const auto& other : sessions_) {
    const auto& identity = other->identity();
    const bool same_pass = !expelled.pass.empty() && identity.pass == expelled.pass;
    if (same_pass || identity.id == expelled.id) ids.push_back(identity.id);
  }
  for (const auto& id : ids) {
    // So that a page does not come back by itself, as it does after a fault.
    listeners_.send("removed", nlohmann::json{{"speaker", id}}.dump());
    remove(id, "removed", "by a host", ErrorCode::kForbidden);
  }
  publish();
}

Result<void> Space::ask_end() {
  if (ended_ || end_asked_) return fail(ErrorCode::kConflict, "the Space has ended");
  end_asked_ = true;
  if (options_.end_wanted) loop_->post(options_.end_wanted);
  return {};
}

}  // namespace spacecast::studio
