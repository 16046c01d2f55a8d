// Who may do what: the one place where that is decided. Handlers ask here before anything else, on
// the server's loop, and do what they are told.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/server.h"
#include "studio/revoked_passes.h"
#include "studio/role.h"
#include "studio/token.h"

namespace spacecast::studio {

// Any thread.
class Access {
 public:
  struct Pass {
    Role role = Role::kSpeaker;
    std::optional<std::string> name;  // Where the pass says who it is; it wins over the request.
    // What all sessions of one pass have in common, and what is revoked; empty where everybody may
    // come.
    std::string id;
    std::chrono::sys_seconds expires{};
  };

  virtual ~Access() = default;
  // May this request's sender come on stage? The error's value is the answer to give: 401 with
  // WWW-Authenticate, or 403.
  [[nodiscard]] virtual std::expected<Pass, http::Response> may_join(
      const http::Request& request) const = 0;
  // What a join token is worth, on stage or not. Errors as above.
  [[nodiscard]] virtual std::expected<Pass, http::Response> read_token(
      std::string_view token) const = 0;
};

// Everybody may come, and as what they say (?role=): for a Space without tokens, which listens on a
// loopback address only.
[[nodiscard]] std::shared_ptr<const Access> open_access();

// Whoever has a token for this Space, by this key, that is not revoked.
[[nodiscard]] std::shared_ptr<const Access> token_access(
    TokenKey key, std::string space, std::shared_ptr<const RevokedPasses> revoked);

// The token of "Authorization: Bearer …" (RFC 6750 §2.1); "" where there is none.
[[nodiscard]] std::string_view bearer_token(const http::Request& request);

// True for a join token, false for a session's secret, which never has a dot.
[[nodiscard]] bool is_join_token(std::string_view bearer);

// 401: says what kind of credential is wanted.
[[nodiscard]] http::Response unauthorized(std::string_view detail);
// 401: a credential was sent and is worth nothing (RFC 6750 §3.1, invalid_token).
[[nodiscard]] http::Response invalid_token(std::string_view detail);
// 403: a good credential that does not go so far (RFC 6750 §3.1, insufficient_scope).
[[nodiscard]] http::Response forbidden(std::string_view detail);

}  // namespace spacecast::studio
