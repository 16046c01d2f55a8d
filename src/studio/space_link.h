// From an HTTP handler to the Space on its control loop. Copied into every handler.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "glibx/loop.h"
#include "http/server.h"
#include "studio/space.h"

namespace spacecast::studio {

class SpaceLink {
 public:
  SpaceLink(std::shared_ptr<Loop> control, const std::shared_ptr<Space>& space)
      : control_(std::move(control)), id_(space->id()), space_(space) {}

  // False, and the request is answered with 404, where it is for another Space.
  [[nodiscard]] bool addresses(const http::Request& request, http::Responder& responder) const {
    const auto id = request.params.find("id");
    if (id != request.params.end() && id->second == id_) return true;
    responder.respond(http::problem(404, "there is no such Space here"));
    return false;
  }

  // Runs `action(Space&, Request, Responder)` on the control loop.
  template <typename F>
  void post(http::Request request, http::Responder responder, F action) const {
    control_->post([space = space_, request = std::move(request), responder = std::move(responder),
                    action = std::move(action)]() mutable {
      // Locked on the Space's own loop only, so that it is also destroyed there.
      if (const auto alive = space.lock()) {
        action(*alive, std::move(request), std::move(responder));
      } else {
        responder.respond(http::problem(404, "the Space is gone"));
      }
    });
  }

 private:
  std::shared_ptr<Loop> control_;
  std::string id_;
  std::weak_ptr<Space> space_;
};

}  // namespace spacecast::studio
