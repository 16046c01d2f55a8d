#include "studio/api_http.h"

#include "studio/layout_change.h"
#include "studio/space_link.h"
#include "studio/speaker_change.h"

namespace spacecast::studio {
namespace {

using http::empty;
using http::problem;
using http::Request;
using http::Responder;
using http::Response;

// Who asks.
struct Caller {
  Role role = Role::kSpeaker;
  const Session* self = nullptr;  // Null: shown by a join token.

  // Also by a session that is about to take over from the one on stage.
  [[nodiscard]] bool is(const Session& session) const {
    return self && self->identity().id == session.identity().id;
  }
};

// Runs `answer(Space&, Caller, Request)` on the control loop. A join token is judged before, on the
// server's loop; a session's secret is known to the Space only.
template <typename F>
http::Handler on_caller(const SpaceLink& link, const std::shared_ptr<const Access>& access,
                        F answer) {
  return [link, access, answer](Request request, Responder responder) {
    if (!link.addresses(request, responder)) return;
    const auto bearer = bearer_token(request);
    if (bearer.empty()) {
      return responder.respond(unauthorized("a session's secret or a join token is needed"));
    }
    std::optional<Role> role;
    if (is_join_token(bearer)) {
      const auto pass = access->read_token(bearer);
      if (!pass) return responder.respond(pass.error());
      role = pass->role;
    }
    link.post(std::move(request), std::move(responder),
              [answer, role](Space& space, const Request& asked, Responder to) {
                if (role) return to.respond(answer(space, Caller{*role, nullptr}, asked));
                const auto* self = space.find_by_secret(bearer_token(asked));
                if (!self) return to.respond(invalid_token("the secret is of no session here"));
                to.respond(answer(space, Caller{self->identity().role, self}, asked));
              });
  };
}

// The same for a speaker: `answer(Space&, Caller, Session&, Request)`.
template <typename F>
http::Handler on_speaker(const SpaceLink& link, const std::shared_ptr<const Access>& access,
                         F answer) {
  return on_caller(link, access,
                   [answer](Space& space, const Caller& caller, const Request& request) {
                     auto* session = space.find_by_id(request.params.at("sid"));
                     return session ? answer(space, caller, *session, request)
                                    : problem(404, "there is no such speaker");
                   });
}

// Not allowed, as a problem document with the challenge of RFC 6750.
Response refusal(const Error& error) {
  return error.code == ErrorCode::kForbidden ? forbidden(error.message) : problem(error);
}

Response change(Space& space, const Caller& caller, Session& session, const Request& request) {
  const auto wanted = read_speaker_change(request.body);
  if (!wanted) return refusal(wanted.error());
  const auto allowed =
      check_allowed(*wanted, caller.is(session), caller.role, session.identity().role);
  if (!allowed) return refusal(allowed.error());
  if (wanted->camera) {
    if (const auto done = session.set_camera(*wanted->camera); !done) return refusal(done.error());
  }
  if (wanted->screen) {
    if (const auto done = session.set_screen(*wanted->screen); !done) return refusal(done.error());
  }
  if (wanted->muted) session.set_muted(*wanted->muted);
  if (wanted->hand) session.set_hand(*wanted->hand);
  if (wanted->pinned) space.set_pinned(session, *wanted->pinned);
  if (wanted->name) session.set_name(*wanted->name);
  return empty(204);
}

Response remove(Space& space, const Caller& caller, const Session& session) {
  if (caller.is(session)) {
    space.leave_stage(session);
    return empty(200);
  }
  if (!may_manage(caller.role)) return forbidden("speakers may remove themselves only");
  if (!may_manage(caller.role, session.identity().role)) {
    return forbidden("only a host may remove a host");
  }
  space.expel(session);
  return empty(200);
}

Response set_layout(Space& space, const Caller& caller, const Request& request) {
  if (!may_manage(caller.role)) return forbidden("only hosts and co-hosts may change the layout");
  const auto mode = read_layout_change(request.body);
  if (!mode) return problem(mode.error());
  space.set_layout(*mode);
  return empty(204);
}

Response end(Space& space, const Caller& caller) {
  if (!may_end(caller.role)) return forbidden("only a host may end the Space");
  const auto asked = space.ask_end();
  return asked ? empty(202) : problem(asked.error());
}

void listen(Space& space, Responder responder) {
  if (space.can_listen()) return space.listen(http::start_event_stream(std::move(responder)));
  responder.respond(problem({ErrorCode::kLimit, "too many listeners; poll api/stage instead"}));
}

}  // namespace

void add_api_routes(http::Server& server, std::shared_ptr<Loop> control,
                    const std::shared_ptr<Space>& space,
                    const std::shared_ptr<const Access>& access) {
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
  const char* stage = "/spaces/{id}/api/stage";
  get(stage, [](Space& asked, Responder responder) {
    auto response = http::json(200, to_json(asked.roster()));
    response.set_header("Cache-Control", "no-store");
    responder.respond(std::move(response));
  });
  server.add(
      {.method = "DELETE",
       .pattern = stage,
       .handler = on_caller(link, access, [](Space& asked, const Caller& caller, const Request&) {
         return end(asked, caller);
       })});
  get("/spaces/{id}/api/events", listen);
  const char* speaker = "/spaces/{id}/api/speakers/{sid}";
  server.add({.method = "PATCH",
              .pattern = speaker,
              .body_max = kChangeBytesMax,
              .handler = on_speaker(link, access, change)});
  server.add(
      {.method = "DELETE",
       .pattern = speaker,
       .handler = on_speaker(link, access,
                             [](Space& asked, const Caller& caller, const Session& session,
                                const Request&) { return remove(asked, caller, session); })});
  server.add({.method = "PATCH",
              .pattern = "/spaces/{id}/api/layout",
              .body_max = kChangeBytesMax,
              .handler = on_caller(link, access, set_layout)});
}

}  // namespace spacecast::studio
