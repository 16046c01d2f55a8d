// The request target in pieces (RFC 3986 §3.3, §3.4), without libsoup.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spacecast::http {

// Percent-decoded bytes; nothing where a '%' is not followed by two hex digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

// "/a/b%20c" → {"a", "b c"}; "/" → {""}. The path is split before it is decoded, so that an encoded
// slash cannot make a segment. Nothing where a segment is "." or "..", holds a slash, a control
// character or bytes that are not UTF-8: no such name exists here, and none gets as far as a
// lookup.
[[nodiscard]] std::optional<std::vector<std::string>> split_path(std::string_view path);

// The decoded value of the first `name` in "a=1&b=2"; '+' is a space (as forms and URLSearchParams
// write it). Nothing where there is none or its encoding is broken.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace spacecast::http
