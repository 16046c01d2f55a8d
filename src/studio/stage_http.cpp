#include "studio/stage_http.h"

#include <fmt/format.h>

#include "studio/candidate.h"
#include "studio/display_name.h"
#include "studio/offer.h"
#include "studio/sdp_text.h"
#include "studio/space_link.h"

namespace spacecast::studio {
namespace {

using http::empty;
using http::problem;
using http::Request;
using http::Responder;
using http::Response;

constexpr std::string_view kSdp = "application/sdp";
constexpr std::string_view kFragment = "application/trickle-ice-sdpfrag";
constexpr const char* kDefaultName = "Guest";

bool has_type(const Request& request, std::string_view type) {
  std::string_view value = request.header("content-type");
  value = value.substr(0, value.find(';'));
  while (value.ends_with(' ')) value.remove_suffix(1);
  return equal_ignoring_case(value, type);
}

Response created(const Space& space, const Space::Joined& joined) {
  return {.status = 201,
          .content_type = std::string(kSdp),
          .headers = {{"Location", fmt::format("/spaces/{}/stage/{}", space.id(), joined.secret)},
                      {"ETag", joined.etag},
                      {"Spacecast-Speaker", joined.id},
                      {"Cache-Control", "no-store"}},
          .body = make_bytes(std::string_view(joined.answer))};
}

// What a request asks for, once all that can be judged without the Space is in order.
std::expected<Space::JoinRequest, Response> read_join(const Request& request,
                                                      const Access& access) {
  auto pass = access.may_join(request);
  if (!pass) return std::unexpected(std::move(pass.error()));
  if (!has_type(request, kSdp)) {
    return std::unexpected(problem(415, fmt::format("Content-Type must be {}", kSdp)));
  }
  const auto wanted = request.query_value("name").value_or(kDefaultName);
  auto name = read_display_name(pass->name.value_or(wanted.empty() ? kDefaultName : wanted));
  if (!name) return std::unexpected(problem(name.error()));
  auto offer = read_offer(request.body);
  if (!offer) return std::unexpected(problem(offer.error()));
  return Space::JoinRequest{.offer = std::move(*offer),
                            .name = std::move(*name),
                            .role = pass->role,
                            .pass = std::move(pass->id),
                            .replaces = std::string(request.header("spacecast-replaces"))};
}

void join(Space& space, Space::JoinRequest wanted, Responder responder) {
  // std::function wants what can be copied.
  auto answer = std::make_shared<Responder>(std::move(responder));
  space.join(std::move(wanted), [&space, answer](Result<Space::Joined> joined) {
    if (!joined) return answer->respond(problem(joined.error()));
    if (!answer->client_gone()) return answer->respond(created(space, *joined));
    // Nobody will ever know the session's URL.
    if (const auto* session = space.find_by_id(joined->id)) space.leave(*session);
  });
}

// The answer to a PATCH on a session (RFC 9725 §4.3.1 to §4.3.3).
Response trickle(Session& session, const Request& request) {
  if (!has_type(request, kFragment)) {
    return problem(415, fmt::format("Content-Type must be {}", kFragment));
  }
  const auto wanted = request.header("if-match");
  if (wanted.empty()) return problem(428, "If-Match is needed: the ETag of the 201 answer");
  const auto fragment = read_ice_fragment(request.body);
  if (!fragment) return problem(fragment.error());
  if (wanted != "*" && wanted != session.identity().etag) {
    return problem(412, "If-Match is not the ETag of this session");
  }
  if (!session.is_same_ice(*fragment)) {
    return problem(422, "ICE restart is not supported: the session goes on; join anew instead");
  }
  if (const auto taken = session.trickle(*fragment); !taken) return problem(taken.error());
  return empty(204);
}

// Runs `answer(Space&, Session&, Request)` on the control loop for the session of the path.
template <typename F>
http::Handler on_session(const SpaceLink& link, F answer) {
  return [link, answer](Request request, Responder responder) {
    if (!link.addresses(request, responder)) return;
    link.post(std::move(request), std::move(responder),
              [answer](Space& space, const Request& asked, Responder to) {
                auto* session = space.find_by_secret(asked.params.at("secret"));
                to.respond(session ? answer(space, *session, asked)
                                   : problem(404, "there is no such session"));
              });
  };
}

}  // namespace

void add_stage_routes(http::Server& server, std::shared_ptr<Loop> control,
                      const std::shared_ptr<Space>& space,
                      const std::shared_ptr<const Access>& access) {
  const SpaceLink link(std::move(control), space);
  for (const char* endpoint : {"/spaces/{id}/stage", "/spaces/{id}/whip"}) {
    server.add({.method = "POST",
                .pattern = endpoint,
                .body_max = kOfferBytesMax,
                .handler =
                    [link, access](Request request, Responder responder) {
                      if (!link.addresses(request, responder)) return;
                      auto wanted = read_join(request, *access);
                      if (!wanted) {
                        ++link.counters().refused;
                        return responder.respond(std::move(wanted.error()));
                      }
                      link.post(std::move(request), std::move(responder),
                                [wanted = std::move(*wanted)](Space& stage, const Request&,
                                                              Responder to) mutable {
                                  join(stage, std::move(wanted), std::move(to));
                                });
                    },
                .options_headers = {{"Accept-Post", std::string(kSdp)}}});
    server.add({.method = "GET",
                .pattern = endpoint,
                .handler = [link](const Request& request, Responder responder) {
                  if (link.addresses(request, responder)) responder.respond(empty(204));
                }});
  }
  const char* session = "/spaces/{id}/stage/{secret}";
  server.add({.method = "PATCH",
              .pattern = session,
              .body_max = kFragmentBytesMax,
              .handler = on_session(link,
                                    [](Space&, Session& speaker, const Request& request) {
                                      return trickle(speaker, request);
                                    }),
              .options_headers = {{"Accept-Patch", std::string(kFragment)}}});
  server.add({.method = "DELETE",
              .pattern = session,
              .handler = on_session(link, [](Space& stage, Session& speaker, const Request&) {
                stage.leave(speaker);
                return empty(200);
              })});
  server.add(
      {.method = "GET",
       .pattern = session,
       .handler = on_session(link, [](Space&, Session&, const Request&) { return empty(204); })});
}

}  // namespace spacecast::studio
