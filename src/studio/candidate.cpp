#include "studio/candidate.h"

#include <fmt/format.h>
#include <gio/gio.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "studio/sdp_text.h"

namespace spacecast::studio {
namespace {

constexpr std::size_t kFoundationMax = 32;
constexpr std::size_t kAddressMax = 253;
constexpr std::array<std::string_view, 4> kTypes = {"host", "srflx", "prflx", "relay"};

bool is_foundation(std::string_view text) {
  return !text.empty() && text.size() <= kFoundationMax && std::ranges::all_of(text, [](char c) {
    return g_ascii_isalnum(c) || c == '+' || c == '/';
  });
}

}  // namespace

Result<std::optional<std::string>> read_candidate(std::string_view value) {
  const auto malformed = [] {
    return fail(ErrorCode::kInvalidArgument,
                "an ICE candidate is malformed (RFC 8839 section 5.1 gives the form)");
  };
  const auto [name, rest] = split_attribute(value);
  const auto fields = split_fields(rest, ' ');
  if (name != "candidate" || fields.size() < 8 || fields[6] != "typ") return malformed();
  const auto component = parse_number<int>(fields[1], 1, 256);
  const auto priority = parse_number<std::uint32_t>(fields[3], 0, 0xffffffffu);
  const auto port = parse_number<int>(fields[5], 0, 65535);
  const std::string_view transport = fields[2];
  const std::string address(fields[4].substr(0, kAddressMax));
  const bool known_type = std::ranges::find(kTypes, fields[7]) != kTypes.end();
  if (!is_foundation(fields[0]) || !component || !priority || !port || !known_type ||
      address.size() != fields[4].size()) {
    return malformed();
  }
  const bool usable = equal_ignoring_case(transport, "udp") && *component == 1 && *port > 0 &&
                      g_hostname_is_ip_address(address.c_str());
  if (!usable) return std::optional<std::string>();
  return fmt::format("candidate:{} 1 UDP {} {} {} typ {}", fields[0], *priority, address, *port,
                     fields[7]);
}

Result<IceFragment> read_ice_fragment(std::string_view text) {
  const auto lines = split_lines(text, kFragmentBytesMax, "ICE fragment");
  if (!lines) return std::unexpected(lines.error());
  IceFragment fragment;
  for (const auto& line : *lines) {
    if (line.type != 'a') continue;
    const auto [name, value] = split_attribute(line.value);
    if (name == "ice-ufrag") {
      if (!is_ice_ufrag(value)) return fail(ErrorCode::kInvalidArgument, "ice-ufrag is malformed");
      fragment.ufrag = value;
    } else if (name == "ice-pwd") {
      if (!is_ice_password(value)) return fail(ErrorCode::kInvalidArgument, "ice-pwd is malformed");
      fragment.password = value;
    } else if (name == "candidate") {
      auto candidate = read_candidate(line.value);
      if (!candidate) return std::unexpected(candidate.error());
      if (auto& usable = *candidate) fragment.candidates.push_back(std::move(*usable));
    }
  }
  return fragment;
}

}  // namespace spacecast::studio
