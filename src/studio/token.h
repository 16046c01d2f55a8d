// Join tokens: signed JSON Web Tokens (RFC 7519) that say who may come on stage, and as what.
//
//   space  the Space's id                         exp  from then on it is worth nothing
//   role   "host", "cohost" or "speaker"          nbf  until then neither (may be missing)
//   name   what the stage calls its bearer        jti  the token's own id, by which it is revoked
//
// "aud", where there is one, has to name "spacecast" (RFC 7519 §4.1.3); other claims, such as "iat"
// and "sub", are let through unread. Times are seconds since 1970.
//
// The algorithm is the key's, never what a token's header says (RFC 8725 §3.1). Signatures are
// libjwt's business; everything else of what it does with a stranger's text is done here, strictly
// and within bounds, before and after.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "studio/role.h"

namespace spacecast::studio {

inline constexpr std::size_t kTokenBytesMax = 4096;
// Clocks of those who make tokens differ a little from ours.
inline constexpr std::chrono::seconds kTokenLeeway{10};

enum class TokenAlgorithm { kHs256, kEs256 };

[[nodiscard]] constexpr std::string_view to_text(TokenAlgorithm algorithm) {
  return algorithm == TokenAlgorithm::kHs256 ? "HS256" : "ES256";
}
[[nodiscard]] std::optional<TokenAlgorithm> parse_token_algorithm(std::string_view text);

struct TokenClaims {
  std::string space;
  Role role = Role::kSpeaker;
  std::string name;
  std::string id;
  std::chrono::sys_seconds expires{};
  std::optional<std::chrono::sys_seconds> not_before;
};

// Immutable; any thread.
class TokenKey {
 public:
  // HS256 (RFC 7518 §3.2): at least 32 bytes.
  [[nodiscard]] static Result<TokenKey> from_secret(std::string secret);
  // ES256 (RFC 7518 §3.4): an unencrypted P-256 key in PEM. A private one signs and verifies, a
  // public one verifies only.
  [[nodiscard]] static Result<TokenKey> from_pem(std::string_view pem);

  [[nodiscard]] TokenAlgorithm algorithm() const { return algorithm_; }

  // kInvalidArgument with a public key.
  [[nodiscard]] Result<std::string> sign(const TokenClaims& claims) const;

  // Fails with what is wrong, in printable ASCII and with nothing of the token in it. For which
  // Space it is, is for the caller to compare.
  [[nodiscard]] Result<TokenClaims> verify(std::string_view token,
                                           std::chrono::sys_seconds now) const;

 private:
  TokenKey(TokenAlgorithm algorithm, std::string signing, std::string verifying)
      : algorithm_(algorithm), signing_(std::move(signing)), verifying_(std::move(verifying)) {}

  TokenAlgorithm algorithm_;
  std::string signing_;  // Empty: a public key.
  std::string verifying_;
};

}  // namespace spacecast::studio
