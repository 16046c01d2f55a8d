// What the endpoints that answer an SDP offer have in common, WHIP's and WHEP's (RFC 9725 §4.2,
// §4.3): the 201, and the verbs on the URL that it gives.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/server.h"
#include "studio/candidate.h"
#include "studio/ice_session.h"
#include "studio/space_link.h"

namespace spacecast::studio {

inline constexpr std::string_view kSdpType = "application/sdp";

// 201 with the answer. `endpoint`: the path that the session's URL lies under.
[[nodiscard]] http::Response created(const NewSession& session, std::string_view endpoint);

// 415 where the body is no SDP.
[[nodiscard]] std::optional<http::Response> refuse_other_than_sdp(const http::Request& request);

// PATCH, DELETE and GET on `endpoint`/{secret}. On the Space's loop, `find(Space&, secret)` gives
// what has that secret, or null; it has `patch(request) -> Response`. `leave(Space&, found)` ends
// it. RFC 9725 §4.3.1: a DELETE is carried out whatever its If-Match says.
template <typename Find, typename Leave>
void add_session_routes(http::Server& server, const SpaceLink& link, const std::string& endpoint,
                        Find find, Leave leave) {
  // Runs `answer(Space&, found, Request)`.
  const auto on_session = [&](auto answer) -> http::Handler {
    return [link, find, answer](http::Request request, http::Responder responder) {
      if (!link.addresses(request, responder)) return;
      link.post(std::move(request), std::move(responder),
                [find, answer](Space& space, const http::Request& asked, http::Responder to) {
                  auto* found = find(space, asked.params.at("secret"));
                  to.respond(found ? answer(space, *found, asked)
                                   : http::problem(404, "there is no such session"));
                });
    };
  };
  const std::string pattern = endpoint + "/{secret}";
  server.add({.method = "PATCH",
              .pattern = pattern,
              .body_max = kFragmentBytesMax,
              .handler = on_session([](Space&, auto& session, const http::Request& asked) {
                return session.patch(asked);
              }),
              .options_headers = {{"Accept-Patch", std::string(kIceFragmentType)}}});
  server.add({.method = "DELETE",
              .pattern = pattern,
              .handler = on_session([leave](Space& space, auto& session, const http::Request&) {
                leave(space, session);
                return http::empty(200);
              })});
  server.add({.method = "GET",
              .pattern = pattern,
              .handler = on_session(
                  [](Space&, auto&, const http::Request&) { return http::empty(204); })});
}

}  // namespace spacecast::studio
