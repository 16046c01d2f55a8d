#include "studio/whep_http.h"

#include <fmt/format.h>

#include "studio/offer.h"
#include "studio/session_http.h"
#include "studio/space_link.h"

namespace spacecast::studio {
namespace {

using http::problem;
using http::Request;
using http::Responder;
using http::Response;

constexpr const char* kEndpoint = "/spaces/{id}/whep";

// What a request asks for, once all that can be judged without the Space is in order.
struct Watch {
  SpeakerOffer offer;
  Monitors::Bearer bearer;
};

std::expected<Watch, Response> read_watch(const Request& request, const Entrance& entrance) {
  auto pass = entrance.admit(request);
  if (!pass) return std::unexpected(std::move(pass.error()));
  auto offer = read_offer(request.body, Endpoint::kWhep);
  if (!offer) return std::unexpected(problem(offer.error()));
  return Watch{.offer = std::move(*offer),
               .bearer = {.name = std::move(pass->name).value_or(""), .pass = std::move(pass->id)}};
}

void watch(Space& space, Watch wanted, std::shared_ptr<const Entrance> entrance,
           Responder responder) {
  // std::function wants what can be copied.
  auto answer = std::make_shared<Responder>(std::move(responder));
  space.monitors().join(std::move(wanted.offer), std::move(wanted.bearer),
                        [&space, entrance, answer](Result<NewSession> session) {
                          if (!session) return answer->respond(problem(session.error()));
                          if (!answer->client_gone()) {
                            auto response =
                                created(*session, fmt::format("/spaces/{}/whep", space.id()));
                            entrance->add_ice_servers(response);
                            return answer->respond(std::move(response));
                          }
                          // Nobody will ever know the session's URL.
                          if (const auto* monitor = space.monitors().find(session->secret)) {
                            space.monitors().leave(*monitor);
                          }
                        });
}

}  // namespace

void add_whep_routes(http::Server& server, std::shared_ptr<Loop> control,
                     const std::shared_ptr<Space>& space,
                     const std::shared_ptr<Entrance>& entrance) {
  const SpaceLink link(std::move(control), space);
  const auto counters = space->monitors().counters();
  entrance->add_offer_route(
      server, link, kEndpoint, {counters, &counters->refused},
      [entrance](const Request& request) { return read_watch(request, *entrance); },
      [entrance](Space& of, Watch wanted, Responder to) {
        watch(of, std::move(wanted), entrance, std::move(to));
      });
  entrance->add_endpoint_routes(
      server, link, kEndpoint,
      {.status = 200, .content_type = std::string(kSdpType), .headers = {}, .body = nullptr});
  add_session_routes(
      server, link, kEndpoint,
      [](Space& of, const std::string& secret) { return of.monitors().find(secret); },
      [](Space& of, const Monitor& monitor) { of.monitors().leave(monitor); });
}

}  // namespace spacecast::studio
