// The way to a session for everybody who makes an offer, to a stage or as a monitor: who may come,
// how many at once, and which STUN and TURN servers they are told of. One for all endpoints of a
// worker; lives on the server's loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "http/server.h"
#include "studio/access.h"
#include "studio/ice_servers.h"
#include "studio/offer.h"
#include "studio/space_link.h"
#include "studio/token_bucket.h"

namespace spacecast::studio {

class Entrance : public std::enable_shared_from_this<Entrance> {
 public:
  // Answering an offer costs a peer connection with its threads and sockets: so many may be asked
  // for at once, and so many a second for ever. Thirteen people who all come at the same moment are
  // within it, a flood is not.
  static constexpr double kBurst = 20;
  static constexpr double kPerSecond = 10;

  Entrance(std::shared_ptr<const Access> access, IceServers ice_servers);

  // 401, 403 or 415 where the request is from nobody who may come, or brings no SDP.
  [[nodiscard]] std::expected<Access::Pass, http::Response> admit(
      const http::Request& request) const;
  // The Link headers that name ICE servers (RFC 9725 §4.6). They hold credentials.
  void add_ice_servers(http::Response& response) const;

  // POST on an endpoint. `read(Request) -> std::expected<Wanted, Response>` judges on the server's
  // loop all that can be judged without the Space, and `enter(Space&, Wanted, Responder)` does the
  // rest on the Space's. `refused` counts those who come no further.
  template <typename Read, typename Enter>
  void add_offer_route(http::Server& server, const SpaceLink& link, const std::string& endpoint,
                       std::shared_ptr<std::atomic<std::uint64_t>> refused, Read read, Enter enter);

  // GET and OPTIONS on an endpoint. Both name ICE servers to those who may join, and both answer
  // everybody else just as well, without (RFC 9725 §4.1, §4.6): a browser's preflight shows no
  // token, and never gets them. `nothing`: what GET answers.
  void add_endpoint_routes(http::Server& server, const SpaceLink& link, const std::string& endpoint,
                           const http::Response& nothing);

 private:
  // 503 with Retry-After where too many have come (RFC 9725 §4.5, §5). Asked when everything else
  // is in order, so that rubbish, which is refused for next to nothing, takes nobody's place.
  [[nodiscard]] std::optional<http::Response> turn_away();
  [[nodiscard]] bool may_see_ice_servers(const http::Request& request) const;

  const std::shared_ptr<const Access> access_;
  const IceServers ice_servers_;
  TokenBucket rate_{kBurst, kPerSecond};
};

template <typename Read, typename Enter>
void Entrance::add_offer_route(http::Server& server, const SpaceLink& link,
                               const std::string& endpoint,
                               std::shared_ptr<std::atomic<std::uint64_t>> refused, Read read,
                               Enter enter) {
  server.add({.method = "POST",
              .pattern = endpoint,
              .body_max = kOfferBytesMax,
              .handler = [self = shared_from_this(), link, refused = std::move(refused), read,
                          enter](http::Request request, http::Responder responder) {
                if (!link.addresses(request, responder)) return;
                const auto refuse = [&](http::Response response) {
                  ++*refused;
                  responder.respond(std::move(response));
                };
                auto wanted = read(request);
                if (!wanted) return refuse(std::move(wanted.error()));
                if (auto full = self->turn_away()) return refuse(std::move(*full));
                link.post(std::move(request), std::move(responder),
                          [enter, wanted = std::move(*wanted)](Space& space, const http::Request&,
                                                               http::Responder to) mutable {
                            enter(space, std::move(wanted), std::move(to));
                          });
              }});
}

}  // namespace spacecast::studio
