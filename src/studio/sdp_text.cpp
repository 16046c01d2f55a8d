#include "studio/sdp_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace spacecast::studio {
namespace {

constexpr std::size_t kIceTextMax = 256;
constexpr std::size_t kUfragMin = 4;
constexpr std::size_t kPasswordMin = 22;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_ice_text(std::string_view text, std::size_t min) {
  return text.size() >= min && text.size() <= kIceTextMax && std::ranges::all_of(text, [](char c) {
           return is_alphanumeric(c) || c == '+' || c == '/';
         });
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

Result<std::vector<SdpLine>> split_lines(std::string_view text, std::size_t bytes_max,
                                         std::string_view what) {
  if (text.size() > bytes_max) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} has {} bytes; allowed are {}", what, text.size(), bytes_max));
  }
  if (text.empty()) return fail(ErrorCode::kInvalidArgument, fmt::format("{} is empty", what));
  if (text.back() != '\n') {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is cut off: its last line has no end", what));
  }
  std::vector<SdpLine> lines;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool printable =
        std::ranges::none_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (line.size() < 2 || line[1] != '=' || !printable) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} is not SDP: line {} is not \"x=value\"", what, lines.size() + 1));
    }
    lines.push_back({line[0], line.substr(2)});
  }
  return lines;
}

std::pair<std::string_view, std::string_view> split_attribute(std::string_view value) {
  const auto colon = value.find(':');
  if (colon == std::string_view::npos) return {value, {}};
  return {value.substr(0, colon), value.substr(colon + 1)};
}

std::vector<std::string_view> split_fields(std::string_view text, char separator) {
  std::vector<std::string_view> fields;
  while (!text.empty()) {
    const auto field = text.substr(0, text.find(separator));
    if (!field.empty()) fields.push_back(field);
    text.remove_prefix(std::min(text.size(), field.size() + 1));
  }
  return fields;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_ice_ufrag(std::string_view text) {
  return is_ice_text(text, kUfragMin);
}

bool is_ice_password(std::string_view text) {
  return is_ice_text(text, kPasswordMin);
}

}  // namespace spacecast::studio
