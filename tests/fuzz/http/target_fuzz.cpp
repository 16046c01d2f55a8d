// Fuzzes what the server itself reads of a request: path, query, and the headers that it parses.
//
// Input: path, query, Range, Accept-Encoding, each ended by a line break. Beyond not crashing: no
// decoded segment leads out of its place, and a range lies inside the body.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "http/gzip.h"
#include "http/range.h"
#include "http/router.h"
#include "http/uri.h"

namespace {

using namespace spacecast::http;

void require(bool condition) {
  if (!condition) std::abort();
}

Router make_router() {
  return Router()
      .with({.method = "GET", .pattern = "/spaces/{id}/hls/{file...}", .handler = nullptr})
      .with({.method = "POST", .pattern = "/spaces/{id}/whip", .handler = nullptr});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Router router = make_router();
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto take_line = [&] {
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    return line;
  };

  if (const auto segments = split_path(take_line())) {
    require(!segments->empty());
    for (const std::string& segment : *segments) {
      require(segment != "." && segment != ".." && segment.find('/') == std::string::npos);
      require(segment.find('\0') == std::string::npos);
    }
    const auto match = router.match("GET", *segments);
    if (match) require(!match->params.at("id").empty());
  }

  const auto value = query_value(take_line(), "a");
  if (value) require(value->size() <= size);

  constexpr std::size_t kBody = 1000;
  const auto range = parse_range(take_line(), kBody);
  if (const auto* part = std::get_if<ByteRange>(&range)) {
    require(part->first <= part->last && part->last < kBody);
  }
  (void)accepts_gzip(take_line());
  return 0;
}
