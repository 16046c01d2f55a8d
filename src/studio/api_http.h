// The JSON interface to a stage:
//
//   GET    /spaces/{id}/api/stage            the roster (roster.h)
//   GET    /spaces/{id}/api/events           server-sent events: "stage" (the roster, at once and
//   on
//                                            change), "on-air" {"speaker","name"}, "ended" {}
//   PATCH  /spaces/{id}/api/speakers/{sid}   by the speaker: {"camera":bool,"muted":bool}: 204
//   DELETE /spaces/{id}/api/speakers/{sid}   by the speaker: leave: 200
//
// A speaker shows who they are with "Authorization: Bearer {secret}", the last segment of the
// Location that joining gave them.
#pragma once

#include <memory>

#include "glibx/loop.h"
#include "http/server.h"
#include "studio/space.h"

namespace spacecast::studio {

// `control` is the loop of `space`.
void add_api_routes(http::Server& server, std::shared_ptr<Loop> control,
                    const std::shared_ptr<Space>& space);

}  // namespace spacecast::studio
