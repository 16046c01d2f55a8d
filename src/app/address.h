// HOST:PORT of --listen and --admin: a numeric address, so that nothing depends on a resolver.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace spacecast {

struct Address {
  std::string host;  // "127.0.0.1", "::1"
  std::uint16_t port = 0;

  [[nodiscard]] bool loopback() const;
  // For URLs: brackets around IPv6.
  [[nodiscard]] std::string authority(std::uint16_t actual_port) const;
};

// "127.0.0.1:8080", "[::1]:8080", "localhost:0".
[[nodiscard]] Result<Address> parse_address(std::string_view text);

// "50000-50199": UDP ports, the first not below 1024.
[[nodiscard]] Result<std::pair<std::uint16_t, std::uint16_t>> parse_port_range(
    std::string_view text);

}  // namespace spacecast
