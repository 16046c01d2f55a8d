// Who may do what: the one place where that is decided. Handlers ask here before anything else, on
// the server's loop, and do what they are told.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/server.h"
#include "studio/role.h"

namespace spacecast::studio {

class Access {
 public:
  struct Pass {
    Role role = Role::kSpeaker;
    std::optional<std::string> name;  // Where the pass says who it is; it wins over the request.
    // What all sessions of one pass have in common, and what is revoked; empty where everybody may
    // come.
    std::string id;
  };

  virtual ~Access() = default;
  // May this request's sender come on stage? The error's value is the answer to give: 401 with
  // WWW-Authenticate, or 403.
  [[nodiscard]] virtual std::expected<Pass, http::Response> may_join(
      const http::Request& request) const = 0;
};

// Everybody may come: for a Space without tokens, which listens on a loopback address only.
[[nodiscard]] std::shared_ptr<const Access> open_access();

// The token of "Authorization: Bearer …" (RFC 6750 §2.1); "" where there is none.
[[nodiscard]] std::string_view bearer_token(const http::Request& request);

// 401: says what kind of credential is wanted.
[[nodiscard]] http::Response unauthorized(std::string_view detail);

}  // namespace spacecast::studio
