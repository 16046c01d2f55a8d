// Is a speaker still there? webrtcbin 1.22 has no consent freshness (RFC 7675): a peer that
// vanished stays "connected" for ever. So silence is judged here. A speaker who is muted and has no
// camera still sends RTCP, so silence means that nothing came at all. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace spacecast::studio {

enum class Connection { kConnecting, kConnected, kUnstable, kLost };

struct LivenessLimits {
  std::chrono::milliseconds connect{10'000};  // From the offer to a verified connection.
  std::chrono::milliseconds unstable{5'000};  // Without a packet, RTP or RTCP.
  std::chrono::milliseconds lost{12'000};
};

// `silence`: since the last packet; empty where none ever came.
[[nodiscard]] constexpr Connection judge_liveness(
    const LivenessLimits& limits, bool connected, std::chrono::microseconds age,
    std::optional<std::chrono::microseconds> silence) {
  if (!connected) return age < limits.connect ? Connection::kConnecting : Connection::kLost;
  if (!silence) return Connection::kConnected;
  if (*silence >= limits.lost) return Connection::kLost;
  return *silence >= limits.unstable ? Connection::kUnstable : Connection::kConnected;
}

// As the roster says it.
[[nodiscard]] constexpr std::string_view to_text(Connection connection) {
  switch (connection) {
    case Connection::kConnecting:
      return "connecting";
    case Connection::kConnected:
      return "connected";
    case Connection::kUnstable:
      return "unstable";
    case Connection::kLost:
      break;
  }
  return "lost";
}

}  // namespace spacecast::studio
