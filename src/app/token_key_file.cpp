#include "app/token_key_file.h"

#include <fmt/format.h>

#include "app/secret_file.h"

namespace spacecast {

using studio::TokenKey;

namespace {

Result<TokenKey> make_key(const std::string& text, const std::string& file) {
  if (text.contains("-----BEGIN ")) return TokenKey::from_pem(text);
  auto secret = parse_secret(text, file);
  if (!secret) return std::unexpected(secret.error());
  return TokenKey::from_secret(std::move(*secret));
}

}  // namespace

Result<TokenKey> read_token_key(const std::string& file,
                                std::optional<studio::TokenAlgorithm> algorithm) {
  const auto text = read_small_file(file);
  if (!text) return std::unexpected(text.error());
  const auto key = make_key(*text, file);
  if (!key) return fail(key.error().code, fmt::format("{}: {}", file, key.error().message));
  if (algorithm && key->algorithm() != *algorithm) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: a key for {}, not for {}", file, to_text(key->algorithm()),
                            to_text(*algorithm)));
  }
  return key;
}

}  // namespace spacecast
