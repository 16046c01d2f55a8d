#include "studio/token.h"

#include <fmt/format.h>
#include <glib.h>
#include <jwt.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "glibx/ref.h"
#include "studio/display_name.h"
#include "studio/sdp_text.h"

namespace spacecast::studio {
namespace {

using nlohmann::json;
using std::chrono::sys_seconds;

using Jwt = Owned<jwt_t, jwt_free>;
using Bio = Owned<BIO, BIO_free>;
using PrivateOrPublicKey = Owned<EVP_PKEY, EVP_PKEY_free>;

constexpr std::size_t kSecretBytesMin = 32;
constexpr std::size_t kTokenIdMax = 128;
constexpr const char* kAudience = "spacecast";
// 9999-12-31: what is beyond is no date, and nothing overflows.
constexpr double kLatest = 253402300799.0;

std::unexpected<Error> refuse(std::string what) {
  return fail(ErrorCode::kInvalidArgument, std::move(what));
}

jwt_alg_t library_algorithm(TokenAlgorithm algorithm) {
  return algorithm == TokenAlgorithm::kHs256 ? JWT_ALG_HS256 : JWT_ALG_ES256;
}

const unsigned char* bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool is_base64url(char c) {
  return g_ascii_isalnum(c) || c == '-' || c == '_';
}

// Header, claims and signature, still encoded. libjwt decodes up to the first letter that is none
// of base64's and takes empty parts; neither is let through to it.
std::optional<std::array<std::string_view, 3>> split(std::string_view token) {
  std::array<std::string_view, 3> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto dot = token.find('.');
    if ((dot == std::string_view::npos) != (i + 1 == parts.size())) return {};
    parts[i] = token.substr(0, dot);
    token.remove_prefix(dot == std::string_view::npos ? token.size() : dot + 1);
    if (parts[i].empty() || parts[i].size() % 4 == 1 ||
        !std::ranges::all_of(parts[i], is_base64url)) {
      return {};
    }
  }
  return parts;
}

std::string decode(std::string_view base64url) {
  std::string base64(base64url);
  std::ranges::replace(base64, '-', '+');
  std::ranges::replace(base64, '_', '/');
  base64.append((4 - base64.size() % 4) % 4, '=');
  gsize size = 0;
  const Owned<guchar, g_free> decoded(g_base64_decode(base64.c_str(), &size));
  return {reinterpret_cast<const char*>(decoded.get()), size};
}

// RFC 7519 §4: a name that is there twice is refused, so that no two readers take different ones.
std::optional<json> parse_object(const std::string& text) {
  // For nlohmann and for libjwt the text would end there.
  if (text.contains('\0')) return {};
  std::set<std::string> names;
  bool twice = false;
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::key && depth == 1) {
      twice = !names.insert(parsed.get<std::string>()).second || twice;
    }
    return true;
  };
  auto object = json::parse(text, watch, false);
  if (!object.is_object() || twice) return {};
  return object;
}

Result<void> check_header(const json& header, TokenAlgorithm algorithm) {
  const auto name = header.find("alg");
  if (name == header.end() || *name != to_text(algorithm)) {
    return refuse(fmt::format("the token's algorithm is not this Space's; allowed is {}",
                              to_text(algorithm)));
  }
  const auto type = header.find("typ");
  if (type != header.end() &&
      !(type->is_string() && equal_ignoring_case(type->get<std::string>(), "JWT"))) {
    return refuse("the token's typ is not JWT");
  }
  // RFC 7515 §4.1.11: what it names has to be understood, and nothing is.
  if (header.contains("crit")) return refuse("the token's header has a crit; none is known here");
  return {};
}

std::optional<std::string> text_of(const json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_string()) return {};
  return found->get<std::string>();
}

// RFC 7519 §2, NumericDate: fractions are allowed, and dropped.
std::optional<sys_seconds> date_of(const json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return {};
  const double seconds = found->get<double>();
  if (!(seconds >= 0 && seconds <= kLatest)) return {};
  return sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

bool is_for_us(const json& claims) {
  const auto audience = claims.find("aud");
  if (audience == claims.end()) return true;
  if (audience->is_array()) return std::ranges::find(*audience, kAudience) != audience->end();
  return *audience == kAudience;
}

Result<TokenClaims> read_claims(const json& grants) {
  TokenClaims claims;
  const auto expires = date_of(grants, "exp");
  if (!expires) return refuse("the token's exp is missing or no time in seconds");
  claims.expires = *expires;
  if (grants.contains("nbf")) {
    claims.not_before = date_of(grants, "nbf");
    if (!claims.not_before) return refuse("the token's nbf is no time in seconds");
  }
  if (!is_for_us(grants)) return refuse(fmt::format("the token's aud does not name {}", kAudience));
  const auto space = text_of(grants, "space");
  if (!space) return refuse("the token's space is missing or no text");
  claims.space = *space;
  const auto role = parse_role(text_of(grants, "role").value_or(""));
  if (!role) return refuse("the token's role is missing; allowed are host, cohost and speaker");
  claims.role = *role;
  const auto name = read_display_name(text_of(grants, "name").value_or(""));
  if (!name) return refuse("the token's " + name.error().message);
  claims.name = *name;
  claims.id = text_of(grants, "jti").value_or("");
  if (claims.id.empty() || claims.id.size() > kTokenIdMax) {
    return refuse(fmt::format("the token's jti is missing or longer than {} bytes", kTokenIdMax));
  }
  return claims;
}

// OpenSSL would ask for it on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

PrivateOrPublicKey read_key(std::string_view pem, decltype(PEM_read_bio_PUBKEY)* read) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return PrivateOrPublicKey(bio ? read(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
}

bool is_p256(EVP_PKEY* key) {
  std::array<char, 64> group{};
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(),
                                        nullptr) == 1 &&
         std::string_view(group.data()) == SN_X9_62_prime256v1;
}

std::string contents(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

std::optional<TokenAlgorithm> parse_token_algorithm(std::string_view text) {
  for (const auto algorithm : {TokenAlgorithm::kHs256, TokenAlgorithm::kEs256}) {
    if (text == to_text(algorithm)) return algorithm;
  }
  return std::nullopt;
}

Result<TokenKey> TokenKey::from_secret(std::string secret) {
  if (secret.size() < kSecretBytesMin) {
    return refuse(fmt::format("a secret of {} bytes; HS256 needs {} at least", secret.size(),
                              kSecretBytesMin));
  }
  std::string verifying = secret;
  return TokenKey(TokenAlgorithm::kHs256, std::move(secret), std::move(verifying));
}

Result<TokenKey> TokenKey::from_pem(std::string_view pem) {
  const auto of_private = read_key(pem, PEM_read_bio_PrivateKey);
  const auto of_public = of_private ? nullptr : read_key(pem, PEM_read_bio_PUBKEY);
  ERR_clear_error();
  EVP_PKEY* key = of_private ? of_private.get() : of_public.get();
  if (!key || !is_p256(key)) {
    return refuse("not an unencrypted P-256 key in PEM, private or public");
  }
  // libjwt verifies with a public key only, and reads what it is given anew for each token.
  const Bio verifying(BIO_new(BIO_s_mem()));
  const Bio signing(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PUBKEY(verifying.get(), key) != 1 ||
      (of_private &&
       PEM_write_bio_PrivateKey(signing.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)) {
    return fail(ErrorCode::kInternal, "OpenSSL does not write the key");
  }
  return TokenKey(TokenAlgorithm::kEs256, contents(signing.get()), contents(verifying.get()));
}

Result<std::string> TokenKey::sign(const TokenClaims& claims) const {
  if (signing_.empty()) return refuse("a public key signs nothing; the private one is needed");
  json grants = {{"space", claims.space},
                 {"role", to_text(claims.role)},
                 {"name", claims.name},
                 {"jti", claims.id},
                 {"exp", claims.expires.time_since_epoch().count()}};
  if (claims.not_before) {
    grants["iat"] = claims.not_before->time_since_epoch().count();
    grants["nbf"] = grants["iat"];
  }
  const std::string text = grants.dump(-1, ' ', false, json::error_handler_t::replace);
  jwt_t* made = nullptr;
  const int failed = jwt_new(&made);
  const Jwt jwt(made);
  if (failed != 0 || jwt_add_grants_json(made, text.c_str()) != 0 ||
      jwt_set_alg(made, library_algorithm(algorithm_), bytes(signing_),
                  static_cast<int>(signing_.size())) != 0) {
    return fail(ErrorCode::kInternal, "libjwt does not make a token");
  }
  const Owned<char, std::free> token(jwt_encode_str(made));
  if (!token) return fail(ErrorCode::kInternal, "libjwt does not sign");
  return std::string(token.get());
}

Result<TokenClaims> TokenKey::verify(std::string_view token, sys_seconds now) const {
  if (token.size() > kTokenBytesMax) {
    return refuse(fmt::format("the token is longer than {} bytes", kTokenBytesMax));
  }
  const auto parts = split(token);
  if (!parts) return refuse("the token is not three parts of base64url with dots between them");
  const auto header = parse_object(decode((*parts)[0]));
  if (!header) return refuse("the token's header is no JSON object, or has a name twice");
  if (auto fits = check_header(*header, algorithm_); !fits) return std::unexpected(fits.error());

  const std::string text(token);
  jwt_t* decoded = nullptr;
  const int failed =
      jwt_decode(&decoded, text.c_str(), bytes(verifying_), static_cast<int>(verifying_.size()));
  const Jwt jwt(decoded);
  // libjwt goes by the header: what it has verified has to be what was asked for.
  if (failed != 0 || jwt_get_alg(decoded) != library_algorithm(algorithm_)) {
    return refuse("the token was altered, or is signed with another key");
  }
  const auto grants = parse_object(decode((*parts)[1]));
  if (!grants) return refuse("the token's claims are no JSON object, or have a name twice");
  auto claims = read_claims(*grants);
  if (!claims) return claims;
  if (now >= claims->expires + kTokenLeeway) return refuse("the token has expired");
  if (claims->not_before && now + kTokenLeeway < *claims->not_before) {
    return refuse("the token is not valid yet");
  }
  return claims;
}

}  // namespace spacecast::studio
