// The way to a session for everybody who makes an offer, to a stage or as a monitor: who may come,
// how many at once, and which STUN and TURN servers they are told of. One for all endpoints of a
// worker; lives on the server's loop.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "http/server.h"
#include "studio/access.h"
#include "studio/ice_servers.h"
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
  // 503 with Retry-After where too many have come (RFC 9725 §4.5, §5). Asked when everything else
  // is in order, so that rubbish, which is refused for next to nothing, takes nobody's place.
  [[nodiscard]] std::optional<http::Response> turn_away();
  // The Link headers that name ICE servers (RFC 9725 §4.6). They hold credentials.
  void add_ice_servers(http::Response& response) const;

  // GET and OPTIONS on an endpoint. Both name ICE servers to those who may join, and both answer
  // everybody else just as well, without (RFC 9725 §4.1, §4.6): a browser's preflight shows no
  // token, and never gets them. `nothing`: what GET answers.
  void add_endpoint_routes(http::Server& server, const SpaceLink& link, const std::string& endpoint,
                           const http::Response& nothing);

 private:
  [[nodiscard]] bool may_see_ice_servers(const http::Request& request) const;

  const std::shared_ptr<const Access> access_;
  const IceServers ice_servers_;
  TokenBucket rate_{kBurst, kPerSecond};
};

}  // namespace spacecast::studio
