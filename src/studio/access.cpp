#include "studio/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "studio/sdp_text.h"

namespace spacecast::studio {
namespace {

constexpr std::string_view kScheme = "Bearer ";

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// RFC 6750 §3: printable ASCII without quotes and backslashes.
std::string quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') {
      quoted += '\'';
    } else {
      quoted += c >= ' ' && c <= '~' && c != '\\' ? c : '?';
    }
  }
  return quoted + '"';
}

http::Response challenge(int status, std::string_view error, std::string_view detail) {
  auto response = http::problem(status, detail);
  response.set_header("WWW-Authenticate", fmt::format("Bearer error=\"{}\", error_description={}",
                                                      error, quoted(detail)));
  return response;
}

class OpenAccess final : public Access {
 public:
  [[nodiscard]] std::expected<Pass, http::Response> may_join(
      const http::Request& request) const override {
    const auto asked = request.query_value("role");
    const auto role = asked ? parse_role(*asked) : Role::kSpeaker;
    if (!role) {
      return std::unexpected(http::problem(400, "role: allowed are host, cohost and speaker"));
    }
    return Pass{.role = *role};
  }
  [[nodiscard]] std::expected<Pass, http::Response> read_token(std::string_view) const override {
    return std::unexpected(
        invalid_token("this Space is open and has no join tokens; a session's secret is needed"));
  }
};

class TokenAccess final : public Access {
 public:
  TokenAccess(TokenKey key, std::string space, std::shared_ptr<const RevokedPasses> revoked)
      : key_(std::move(key)), space_(std::move(space)), revoked_(std::move(revoked)) {}

  [[nodiscard]] std::expected<Pass, http::Response> may_join(
      const http::Request& request) const override {
    const auto token = bearer_token(request);
    if (token.empty()) {
      return std::unexpected(unauthorized("a join token is needed as Bearer token"));
    }
    return read_token(token);
  }
  [[nodiscard]] std::expected<Pass, http::Response> read_token(
      std::string_view token) const override {
    auto claims = key_.verify(token, now());
    if (!claims) return std::unexpected(invalid_token(claims.error().message));
    if (claims->space != space_)
      return std::unexpected(forbidden("the token is for another Space"));
    if (revoked_->contains(claims->id)) {
      return std::unexpected(forbidden(kRevokedDetail));
    }
    return Pass{.role = claims->role,
                .name = std::move(claims->name),
                .id = std::move(claims->id),
                .expires = claims->expires};
  }

 private:
  TokenKey key_;
  std::string space_;
  std::shared_ptr<const RevokedPasses> revoked_;
};

}  // namespace

std::shared_ptr<const Access> open_access() {
  return std::make_shared<const OpenAccess>();
}

std::shared_ptr<const Access> token_access(TokenKey key, std::string space,
                                           std::shared_ptr<const RevokedPasses> revoked) {
  return std::make_shared<const TokenAccess>(std::move(key), std::move(space), std::move(revoked));
}

std::string_view bearer_token(const http::Request& request) {
  const std::string_view value = request.header("authorization");
  if (!equal_ignoring_case(value.substr(0, kScheme.size()), kScheme)) return {};
  return value.substr(kScheme.size());
}

bool is_join_token(std::string_view bearer) {
  return bearer.contains('.');
}

http::Response unauthorized(std::string_view detail) {
  auto response = http::problem(401, detail);
  response.set_header("WWW-Authenticate", "Bearer");
  return response;
}

http::Response invalid_token(std::string_view detail) {
  return challenge(401, "invalid_token", detail);
}

http::Response forbidden(std::string_view detail) {
  return challenge(403, "insufficient_scope", detail);
}

}  // namespace spacecast::studio
