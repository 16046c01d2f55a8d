// WHEP (draft-ietf-wish-whep): the program with sub-second delay, for a bounded number of monitors.
//
//   POST    /spaces/{id}/whep            offer in; 201 with answer, Location, ETag, Link (ICE
//                                        servers); 503 where there are enough monitors
//   PATCH   /spaces/{id}/whep/{secret}   trickled candidates: 204; a restart of ICE: 422
//   DELETE  /spaces/{id}/whep/{secret}   200
//   GET     on the endpoint              200, no content, application/sdp: players know a WHEP
//                                        endpoint by that answer to HEAD; on a session 204
//   OPTIONS on the endpoint              200, for CORS
//
// The draft's 409, for a stream that nobody sends yet, is not needed: a Space has a picture from
// its first moment. Its 406, a counter-offer, neither: what the program has, every offer has to
// take.
#pragma once

#include <memory>

#include "glibx/loop.h"
#include "http/server.h"
#include "studio/entrance.h"
#include "studio/space.h"

namespace spacecast::studio {

// `control` is the loop of `space`.
void add_whep_routes(http::Server& server, std::shared_ptr<Loop> control,
                     const std::shared_ptr<Space>& space,
                     const std::shared_ptr<Entrance>& entrance);

}  // namespace spacecast::studio
