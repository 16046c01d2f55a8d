#include "studio/stage_http.h"

#include <fmt/format.h>

#include "studio/display_name.h"
#include "studio/offer.h"
#include "studio/session_http.h"
#include "studio/space_link.h"

namespace spacecast::studio {
namespace {

using http::empty;
using http::problem;
using http::Request;
using http::Responder;
using http::Response;

constexpr const char* kDefaultName = "Guest";
// Sessions of both endpoints are the same kind of thing, and have URLs of one kind.
constexpr const char* kStage = "/spaces/{id}/stage";
constexpr const char* kWhip = "/spaces/{id}/whip";

// What a request asks for, once all that can be judged without the Space is in order.
std::expected<Space::JoinRequest, Response> read_join(const Request& request, Endpoint endpoint,
                                                      const Entrance& entrance) {
  auto pass = entrance.admit(request);
  if (!pass) return std::unexpected(std::move(pass.error()));
  const auto wanted = request.query_value("name").value_or(kDefaultName);
  auto name = read_display_name(pass->name.value_or(wanted.empty() ? kDefaultName : wanted));
  if (!name) return std::unexpected(problem(name.error()));
  auto offer = read_offer(request.body, endpoint);
  if (!offer) return std::unexpected(problem(offer.error()));
  return Space::JoinRequest{.offer = std::move(*offer),
                            .name = std::move(*name),
                            .role = pass->role,
                            .pass = std::move(pass->id),
                            .pass_expires = pass->expires,
                            .replaces = std::string(request.header("spacecast-replaces"))};
}

void join(Space& space, Space::JoinRequest wanted, std::shared_ptr<const Entrance> entrance,
          Responder responder) {
  // std::function wants what can be copied.
  auto answer = std::make_shared<Responder>(std::move(responder));
  space.join(std::move(wanted), [&space, entrance, answer](Result<Space::Joined> joined) {
    if (!joined) return answer->respond(problem(joined.error()));
    if (!answer->client_gone()) {
      auto response = created({joined->secret, joined->etag, joined->answer},
                              fmt::format("/spaces/{}/stage", space.id()));
      response.set_header("Spacecast-Speaker", joined->id);
      entrance->add_ice_servers(response);
      return answer->respond(std::move(response));
    }
    // Nobody will ever know the session's URL.
    if (const auto* session = space.find_by_secret(joined->secret)) space.leave(*session);
  });
}

}  // namespace

void add_stage_routes(http::Server& server, std::shared_ptr<Loop> control,
                      const std::shared_ptr<Space>& space,
                      const std::shared_ptr<Entrance>& entrance) {
  const SpaceLink link(std::move(control), space);
  const auto counters = space->counters();
  for (const auto& [endpoint, kind] :
       {std::pair(kStage, Endpoint::kStage), std::pair(kWhip, Endpoint::kWhip)}) {
    entrance->add_offer_route(
        server, link, endpoint, {counters, &counters->refused},
        [entrance, kind](const Request& request) { return read_join(request, kind, *entrance); },
        [entrance](Space& stage, Space::JoinRequest wanted, Responder to) {
          join(stage, std::move(wanted), entrance, std::move(to));
        });
    entrance->add_endpoint_routes(server, link, endpoint, empty(204));
  }
  add_session_routes(
      server, link, kStage,
      [](Space& stage, const std::string& secret) { return stage.find_by_secret(secret); },
      [](Space& stage, const Session& session) { stage.leave(session); });
}

}  // namespace spacecast::studio
