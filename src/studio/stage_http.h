// WHIP's verbs on a stage (RFC 9725):
//
//   POST    /spaces/{id}/stage, /spaces/{id}/whip   offer in; 201 with answer, Location, ETag, Link
//                                                   (ICE servers) and Spacecast-Speaker (the public
//                                                   id); ?name=
//   PATCH   /spaces/{id}/stage/{secret}             trickled candidates: 204; a restart of ICE: 422
//   DELETE  /spaces/{id}/stage/{secret}             leave: 200
//   GET     on either                               204, nothing to see (RFC 9725 §4.1)
//   OPTIONS on either                               200, for CORS (RFC 9725 §4.2)
//
// The endpoints differ in what goes back: on /whip nothing, whatever the offer would take, as
// RFC 9725 §4.2 wants it; on /stage the mix and the picture, to those who offer to receive.
//
// Handlers run on the server's loop: what can be judged by the request alone is refused there; the
// rest is posted to the control loop, where the Space lives.
#pragma once

#include <memory>

#include "glibx/loop.h"
#include "http/server.h"
#include "studio/entrance.h"
#include "studio/space.h"

namespace spacecast::studio {

// `control` is the loop of `space`.
void add_stage_routes(http::Server& server, std::shared_ptr<Loop> control,
                      const std::shared_ptr<Space>& space,
                      const std::shared_ptr<Entrance>& entrance);

}  // namespace spacecast::studio
