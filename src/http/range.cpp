#include "http/range.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace spacecast::http {
namespace {

// Digits only; a number over 64 bits counts as the largest.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || stop != end || error == std::errc::invalid_argument) return std::nullopt;
  return error == std::errc::result_out_of_range ? UINT64_MAX : number;
}

}  // namespace

std::variant<WholeBody, ByteRange, NotSatisfiable> parse_range(std::string_view header,
                                                               std::size_t body_size) {
  static constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return WholeBody{};
  const std::string_view spec = header.substr(kUnit.size());
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return WholeBody{};

  const auto first = parse_number(spec.substr(0, dash));
  const auto last = parse_number(spec.substr(dash + 1));
  if (dash == 0) {  // "-500": the last 500 bytes.
    if (!last) return WholeBody{};
    if (*last == 0 || body_size == 0) return NotSatisfiable{};
    return ByteRange{.first = body_size - std::min<std::uint64_t>(*last, body_size),
                     .last = body_size - 1};
  }
  const bool open_ended = dash + 1 == spec.size();
  if (!first || (!last && !open_ended) || (last && *last < *first)) return WholeBody{};
  if (*first >= body_size) return NotSatisfiable{};
  return ByteRange{
      .first = *first,
      .last = open_ended ? body_size - 1 : std::min<std::uint64_t>(*last, body_size - 1)};
}

}  // namespace spacecast::http
