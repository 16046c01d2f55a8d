#include "studio/monitors.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ids.h"

namespace spacecast::studio {

Monitors::Monitors(Options options, std::shared_ptr<Loop> loop, std::shared_ptr<Teardown> teardown)
    : options_(std::move(options)), loop_(std::move(loop)), teardown_(std::move(teardown)) {}

Monitors::~Monitors() = default;

void Monitors::join(SpeakerOffer offer, Bearer bearer,
                    std::function<void(Result<NewSession>)> done) {
  const auto refuse = [&](Error error) {
    ++counters_->refused;
    done(std::unexpected(std::move(error)));
  };
  if (ended_) return refuse({ErrorCode::kConflict, "the Space has ended"});
  // Between the look at the token and this one a host may have removed its bearer.
  if (options_.revoked->contains(bearer.pass)) {
    return refuse({ErrorCode::kForbidden, std::string(kRevokedDetail)});
  }
  if (monitors_.size() >= options_.max) {
    return refuse({ErrorCode::kLimit, fmt::format("{} monitors watch, which is all there may be; "
                                                  "the audience watches over HLS",
                                                  monitors_.size())});
  }
  const std::string secret = random_id();
  // The graph calls back from the loop and never after its monitor, which this owns, is gone.
  auto monitor = Monitor::create(
      {.secret = secret,
       .etag = "\"" + random_id() + "\"",
       .name = std::move(bearer.name),
       .pass = std::move(bearer.pass)},
      options_.peer(std::move(offer)), options_.subscribe, loop_, teardown_,
      {.answered = [this, secret](std::string answer) { answered(secret, std::move(answer)); },
       .connected = [this, secret] { find(secret)->set_connected(); },
       .failed =
           [this, secret](MonitorGraph::Fault fault, const std::string& what) {
             const bool busy = fault == MonitorGraph::Fault::kNoAnswer;
             remove(secret, "monitor failed", what,
                    busy ? ErrorCode::kLimit : ErrorCode::kInternal);
           }});
  if (!monitor) return refuse(monitor.error());
  monitors_.push_back(std::move(*monitor));
  unanswered_.add(secret, std::move(done));
  counters_->now = monitors_.size();
}

void Monitors::answered(const std::string& secret, std::string answer) {
  const auto done = unanswered_.take(secret);
  ++counters_->joins;
  const auto& monitor = *find(secret);
  log("monitor joined", monitor, {});
  done(NewSession{secret, monitor.identity().etag, std::move(answer)});
}

Monitor* Monitors::find(std::string_view secret) {
  const auto found = std::ranges::find_if(
      monitors_, [&](const auto& monitor) { return monitor->identity().secret == secret; });
  return found == monitors_.end() ? nullptr : found->get();
}

void Monitors::leave(const Monitor& monitor) {
  const std::string secret = monitor.identity().secret;
  remove(secret, "monitor left", {}, ErrorCode::kInternal);
}

void Monitors::expel(std::string_view pass) {
  const auto has_pass = [pass](const Monitor& monitor) { return monitor.identity().pass == pass; };
  for (const auto& secret : secrets_of(has_pass)) {
    remove(secret, "monitor removed", "by a host", ErrorCode::kForbidden);
  }
}

void Monitors::remove(const std::string& secret, std::string_view why, std::string_view detail,
                      ErrorCode refusal) {
  const auto found = std::ranges::find_if(
      monitors_, [&](const auto& monitor) { return monitor->identity().secret == secret; });
  if (found == monitors_.end()) return;
  log(why, **found, detail);
  monitors_.erase(found);
  counters_->now = monitors_.size();
  unanswered_.refuse(secret, detail, refusal, counters_->refused);
}

void Monitors::check() {
  const auto now = Monitor::Clock::now();
  const auto is_lost = [&](const Monitor& monitor) {
    return monitor.connection(options_.liveness, now) == Connection::kLost;
  };
  for (const auto& secret : secrets_of(is_lost)) {
    ++counters_->lost;
    remove(secret, "monitor lost", "nothing was heard of the peer", ErrorCode::kInternal);
  }
}

std::vector<std::string> Monitors::secrets_of(
    const std::function<bool(const Monitor&)>& wanted) const {
  std::vector<std::string> secrets;
  for (const auto& monitor : monitors_) {
    if (wanted(*monitor)) secrets.push_back(monitor->identity().secret);
  }
  return secrets;
}

void Monitors::end() {
  ended_ = true;
  while (!monitors_.empty()) {
    const std::string secret = monitors_.back()->identity().secret;
    remove(secret, "monitor removed", "the Space has ended", ErrorCode::kConflict);
  }
}

void Monitors::log(std::string_view what, const Monitor& monitor, std::string_view detail) const {
  if (options_.log) options_.log(what, monitor.identity().name, detail);
}

}  // namespace spacecast::studio
