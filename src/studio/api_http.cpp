#include "studio/api_http.h"

#include "studio/access.h"
#include "studio/space_link.h"
#include "studio/speaker_change.h"

namespace spacecast::studio {
namespace {

using http::empty;
using http::problem;
using http::Request;
using http::Responder;
using http::Response;

// Both have the length of every secret; the time taken says nothing of where they differ.
bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

// Runs `answer(Space&, Session&, Request)` on the control loop where the path's speaker is the one
// who asks.
template <typename F>
http::Handler on_self(const SpaceLink& link, F answer) {
  return [link, answer](Request request, Responder responder) {
    if (!link.addresses(request, responder)) return;
    link.post(std::move(request), std::move(responder),
              [answer](Space& space, const Request& asked, Responder to) {
                auto* session = space.find_by_id(asked.params.at("sid"));
                if (!session) return to.respond(problem(404, "there is no such speaker"));
                const auto token = bearer_token(asked);
                if (token.empty()) {
                  return to.respond(unauthorized("the speaker's secret is needed as Bearer token"));
                }
                if (!same_secret(token, session->identity().secret)) {
                  return to.respond(problem(403, "speakers may change themselves only"));
                }
                to.respond(answer(space, *session, asked));
              });
  };
}

Response change(Session& session, const Request& request) {
  const auto wanted = read_speaker_change(request.body);
  if (!wanted) return problem(wanted.error());
  const auto [camera, muted] = *wanted;
  if (camera) {
    if (const auto changed = session.set_camera(*camera); !changed) return problem(changed.error());
  }
  if (muted) session.set_muted(*muted);
  return empty(204);
}

void listen(Space& space, Responder responder) {
  if (space.can_listen()) return space.listen(http::start_event_stream(std::move(responder)));
  responder.respond(problem({ErrorCode::kLimit, "too many listeners; poll api/stage instead"}));
}

}  // namespace

void add_api_routes(http::Server& server, std::shared_ptr<Loop> control,
                    const std::shared_ptr<Space>& space) {
  const SpaceLink link(std::move(control), space);
  // Runs `action(Space&, Responder)` on the control loop.
  const auto get = [&](const char* pattern, auto action) {
    server.add({.method = "GET",
                .pattern = pattern,
                .handler = [link, action](Request request, Responder responder) {
                  if (!link.addresses(request, responder)) return;
                  link.post(std::move(request), std::move(responder),
                            [action](Space& stage, const Request&, Responder to) {
                              action(stage, std::move(to));
                            });
                }});
  };
  get("/spaces/{id}/api/stage", [](Space& stage, Responder responder) {
    auto response = http::json(200, to_json(stage.roster()));
    response.set_header("Cache-Control", "no-store");
    responder.respond(std::move(response));
  });
  get("/spaces/{id}/api/events", listen);
  const char* speaker = "/spaces/{id}/api/speakers/{sid}";
  server.add({.method = "PATCH",
              .pattern = speaker,
              .body_max = kChangeBytesMax,
              .handler = on_self(link, [](Space&, Session& session, const Request& request) {
                return change(session, request);
              })});
  server.add({.method = "DELETE",
              .pattern = speaker,
              .handler = on_self(link, [](Space& stage, Session& session, const Request&) {
                stage.leave(session);
                return empty(200);
              })});
}

}  // namespace spacecast::studio
