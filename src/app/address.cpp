#include "app/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <charconv>

namespace spacecast {
namespace {

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

}  // namespace

bool Address::loopback() const {
  return host.starts_with("127.") || host == "::1";
}

std::string Address::authority(std::uint16_t actual_port) const {
  return host.contains(':') ? fmt::format("[{}]:{}", host, actual_port)
                            : fmt::format("{}:{}", host, actual_port);
}

Result<Address> parse_address(std::string_view text) {
  const auto refuse = [&] {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("\"{}\": allowed is HOST:PORT with a numeric address (127.0.0.1:8080, "
                            "[::1]:8080) and a port from 0 to 65535",
                            text.substr(0, 100)));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  Address address;
  const std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size()) return refuse();
  if (host == "localhost") {
    address.host = "127.0.0.1";
  } else if (host.starts_with('[') && host.ends_with(']')) {
    address.host = host.substr(1, host.size() - 2);
    if (!is_ipv6(address.host)) return refuse();
  } else {
    address.host = host;
    if (!is_ipv4(address.host)) return refuse();
  }
  return address;
}

Result<std::pair<std::uint16_t, std::uint16_t>> parse_port_range(std::string_view text) {
  std::pair<std::uint16_t, std::uint16_t> range;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, range.first);
  const bool dash = first.ec == std::errc() && first.ptr != end && *first.ptr == '-';
  const auto second = dash ? std::from_chars(first.ptr + 1, end, range.second) : first;
  if (!dash || second.ec != std::errc() || second.ptr != end || range.first < 1024 ||
      range.second < range.first) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("\"{}\": allowed is MIN-MAX with ports from 1024 to 65535",
                            text.substr(0, 100)));
  }
  return range;
}

}  // namespace spacecast
