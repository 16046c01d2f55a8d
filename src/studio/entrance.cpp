#include "studio/entrance.h"

#include <chrono>

#include "http/headers.h"
#include "studio/session_http.h"

namespace spacecast::studio {

using http::Request;
using http::Responder;
using http::Response;

Entrance::Entrance(std::shared_ptr<const Access> access, IceServers ice_servers)
    : access_(std::move(access)), ice_servers_(std::move(ice_servers)) {}

std::expected<Access::Pass, Response> Entrance::admit(const Request& request) const {
  auto pass = access_->may_join(request);
  if (!pass) return pass;
  if (auto refusal = refuse_other_than_sdp(request)) return std::unexpected(std::move(*refusal));
  return pass;
}

std::optional<Response> Entrance::turn_away() {
  const auto wait = rate_.take(TokenBucket::Clock::now());
  if (wait.count() <= 0) return std::nullopt;
  return http::unavailable("too many join at once; try again shortly",
                           std::chrono::ceil<std::chrono::seconds>(wait));
}

void Entrance::add_ice_servers(Response& response) const {
  for (auto& link : ice_server_links(ice_servers_, std::chrono::system_clock::now())) {
    response.headers.emplace_back("Link", std::move(link));
  }
}

// A preflight is an OPTIONS with that header (Fetch §3.2.2).
bool Entrance::may_see_ice_servers(const Request& request) const {
  const bool preflight =
      request.method == "OPTIONS" && !request.header("access-control-request-method").empty();
  return !preflight && access_->may_join(request).has_value();
}

void Entrance::add_endpoint_routes(http::Server& server, const SpaceLink& link,
                                   const std::string& endpoint, const Response& nothing) {
  const auto answer = [&](const char* method, Response response) {
    server.add({.method = method,
                .pattern = endpoint,
                .handler = [self = shared_from_this(), link, response](const Request& request,
                                                                       Responder responder) {
                  if (!link.addresses(request, responder)) return;
                  auto mine = response;
                  mine.set_header("Cache-Control", "no-store");
                  if (self->may_see_ice_servers(request)) self->add_ice_servers(mine);
                  responder.respond(std::move(mine));
                }});
  };
  answer("GET", nothing);
  answer("OPTIONS", http::options_response("POST, GET, HEAD, OPTIONS",
                                           {{"Accept-Post", std::string(kSdpType)}}));
}

}  // namespace spacecast::studio
