// One byte range of a body (RFC 9110 §14).
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

namespace spacecast::http {

struct ByteRange {
  std::size_t first = 0, last = 0;  // Both inclusive, inside the body.
};
struct WholeBody {};       // No range, several, or one that is not understood: the answer is a 200.
struct NotSatisfiable {};  // 416.

// libsoup's own handling copies the body and answers any number of overlapping ranges
// (CVE-2025-32907, not fixed in 3.2), so it is kept away from the header; one range is what players
// and caches ask for.
[[nodiscard]] std::variant<WholeBody, ByteRange, NotSatisfiable> parse_range(
    std::string_view header, std::size_t body_size);

}  // namespace spacecast::http
