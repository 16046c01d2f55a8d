// The JSON interface to a stage:
//
//   GET    /spaces/{id}/api/stage            the roster (roster.h)
//   GET    /spaces/{id}/api/events           server-sent events: "stage" (the roster, at once and
//                                            on change), "on-air" {"speaker","name"}, "hint"
//                                            (quality_hints.h), "removed" {"speaker"} (by a host),
//                                            "ended" {}
//   PATCH  /spaces/{id}/api/speakers/{sid}   by the speaker: "camera", "muted", "hand", "screen";
//                                            by who manages the stage: "muted": true, "pinned",
//                                            "name": 204 (speaker_change.h)
//   DELETE /spaces/{id}/api/speakers/{sid}   by the speaker: leaves; by who manages: is removed,
//                                            and the join token revoked: 200
//   PATCH  /spaces/{id}/api/layout           by who manages: {"layout":"speaker"|"gallery"}: 204
//   DELETE /spaces/{id}/api/stage            by a host: ends the Space: 202
//
// Who asks is known by "Authorization: Bearer …": a session's secret, the last segment of the
// Location that joining gave, or a join token, of whoever need not be on stage. role.h says who
// manages whom.
#pragma once

#include <memory>

#include "glibx/loop.h"
#include "http/server.h"
#include "studio/access.h"
#include "studio/space.h"

namespace spacecast::studio {

// `control` is the loop of `space`.
void add_api_routes(http::Server& server, std::shared_ptr<Loop> control,
                    const std::shared_ptr<Space>& space,
                    const std::shared_ptr<const Access>& access);

}  // namespace spacecast::studio
