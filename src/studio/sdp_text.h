// Reading SDP as lines (RFC 8866 §5), bounded and without copies. What a line means is for the
// caller.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace spacecast::studio {

struct SdpLine {
  char type;               // 'a' of "a=mid:0"
  std::string_view value;  // "mid:0"
};

// Every line is "x=…" of printable text and ends in LF or CRLF: a text cut off in the middle of a
// line is recognised as such. `what` names the text in the error. Views into `text`.
[[nodiscard]] Result<std::vector<SdpLine>> split_lines(std::string_view text, std::size_t bytes_max,
                                                       std::string_view what);

// "mid:0" → {"mid", "0"}; "rtcp-mux" → {"rtcp-mux", ""}.
[[nodiscard]] std::pair<std::string_view, std::string_view> split_attribute(std::string_view value);

// Fields between separators, without empty ones.
[[nodiscard]] std::vector<std::string_view> split_fields(std::string_view text, char separator);

[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

// A decimal number that fills the text and lies in [min, max].
template <typename T>
[[nodiscard]] std::optional<T> parse_number(std::string_view text, T min, T max) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number < min || number > max) return std::nullopt;
  return number;
}

// RFC 8839 §5.4: 4 to 256 ice-chars; a password has at least 22.
[[nodiscard]] bool is_ice_ufrag(std::string_view text);
[[nodiscard]] bool is_ice_password(std::string_view text);

}  // namespace spacecast::studio
