// The STUN and TURN servers that clients are told of, as "Link" headers (RFC 9725 §4.6). They are
// for clients only: the worker itself is reached directly. Pure; any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace spacecast::studio {

struct IceServer {
  std::string url;                 // "stun:host:3478", "turn:host?transport=tcp"; no credentials.
  std::string username, password;  // Of a TURN server whose URL had them.
};

struct IceServers {
  std::vector<IceServer> servers;
  // What a TURN server and we share (coturn: use-auth-secret). Those without a password of their
  // own then get credentials that are made for each answer and expire by themselves.
  std::string turn_secret;
};

// How long the credentials that are made serve: a client that comes back to a stage uses new ones.
inline constexpr std::chrono::hours kTurnCredentialLife{24};

// RFC 7064: "stun:host[:port]" or "stuns:…"; kInvalidArgument otherwise.
[[nodiscard]] Result<IceServer> parse_stun_server(std::string_view text);
// RFC 7065: "turn:host[:port][?transport=udp|tcp]" or "turns:…", where "user:password@", percent-
// encoded, may stand before the host.
[[nodiscard]] Result<IceServer> parse_turn_server(std::string_view text);

// The values of the Link headers, one a server. They hold TURN credentials: only for those who may
// join.
[[nodiscard]] std::vector<std::string> ice_server_links(const IceServers& servers,
                                                        std::chrono::system_clock::time_point now);

}  // namespace spacecast::studio
