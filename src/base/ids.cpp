#include "base/ids.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace spacecast {
namespace {

// RFC 4648 §5.
constexpr char kBase64Url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::size_t kSpaceIdMax = 64;
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kNameCodePointsMax = 64;

bool is_space_id_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// Length of the UTF-8 sequence at the start of `text`, 0 where it is not well-formed (RFC 3629 §4)
// or is a control character.
std::size_t code_point_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return lead < 0x20 || lead == 0x7f ? 0 : 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xed && byte(1) > 0x9f;
  const bool too_large = lead == 0xf4 && byte(1) > 0x8f;
  const bool c1_control = lead == 0xc2 && byte(1) < 0xa0;
  return overlong || surrogate || too_large || c1_control ? 0 : length;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

Result<std::string> parse_space_id(std::string_view text) {
  const bool valid = !text.empty() && text.size() <= kSpaceIdMax && text.front() != '-' &&
                     std::ranges::all_of(text, is_space_id_char);
  if (!valid) {
    return fail(ErrorCode::kInvalidArgument,
                "space id \"" + std::string(text.substr(0, kSpaceIdMax)) +
                    "\": allowed are 1 to 64 letters, digits, '_' and '-', not starting with '-'");
  }
  return std::string(text);
}

Result<std::string> parse_display_name(std::string_view text) {
  const std::string_view name = trim(text.substr(0, kNameBytesMax + 1));
  std::size_t code_points = 0;
  for (std::size_t i = 0; i < name.size(); ++code_points) {
    const std::size_t length = code_point_length(name.substr(i));
    if (length == 0) {
      return fail(ErrorCode::kInvalidArgument,
                  "name: allowed is UTF-8 text without control characters");
    }
    i += length;
  }
  if (code_points == 0 || code_points > kNameCodePointsMax || text.size() > kNameBytesMax) {
    return fail(ErrorCode::kInvalidArgument, "name: allowed are 1 to 64 characters");
  }
  return std::string(name);
}

std::string random_id() {
  std::array<std::uint8_t, 16> bits{};
  // 16 bytes are below the size at which getrandom() may return less; it fails only where the
  // kernel has no entropy source at all, and then nothing secret can be made.
  if (getrandom(bits.data(), bits.size(), 0) != static_cast<ssize_t>(bits.size())) std::abort();
  std::string id;
  std::uint32_t accumulator = 0;
  int held = 0;
  for (const std::uint8_t byte : bits) {
    accumulator = (accumulator << 8) | byte;
    for (held += 8; held >= 6; held -= 6) id += kBase64Url[(accumulator >> (held - 6)) & 63];
  }
  if (held > 0) id += kBase64Url[(accumulator << (6 - held)) & 63];
  return id;
}

}  // namespace spacecast
