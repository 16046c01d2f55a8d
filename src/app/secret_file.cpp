#include "app/secret_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>

namespace spacecast {
namespace {

constexpr std::size_t kSecretMin = 16;
constexpr std::size_t kSecretMax = 256;
constexpr std::size_t kFileMax = 8192;

std::string_view strip(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<std::string> read_small_file(const std::string& file) {
  std::array<char, kFileMax + 1> text{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(text.data(), text.size());
  if (stream.bad() || !stream.is_open()) {
    return fail(ErrorCode::kIo, fmt::format("secret {}: cannot be read", file));
  }
  const auto size = static_cast<std::size_t>(stream.gcount());
  if (size > kFileMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("secret {}: longer than {} bytes", file, kFileMax));
  }
  return std::string(text.data(), size);
}

Result<std::string> parse_secret(std::string_view text, const std::string& file) {
  const std::string_view secret = strip(text);
  if (secret.size() < kSecretMin || secret.size() > kSecretMax ||
      !std::ranges::all_of(secret, [](char c) { return c > ' ' && c <= '~'; })) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("secret {}: allowed is one line of {} to {} visible ASCII characters "
                            "without spaces",
                            file, kSecretMin, kSecretMax));
  }
  return std::string(secret);
}

Result<std::string> read_secret_file(const std::string& file) {
  const auto text = read_small_file(file);
  return text ? parse_secret(*text, file) : text;
}

}  // namespace spacecast
