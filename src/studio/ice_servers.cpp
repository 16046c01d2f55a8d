#include "studio/ice_servers.h"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "glibx/ref.h"
#include "http/uri.h"

namespace spacecast::studio {
namespace {

constexpr std::size_t kUrlBytesMax = 512;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// A name, an IPv4 address, or an IPv6 address in brackets; what is after it in `rest`.
bool take_host(std::string_view& rest) {
  std::size_t end = 0;
  if (rest.starts_with('[')) {
    end = rest.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    const auto address = rest.substr(1, end - 1);
    if (!std::ranges::all_of(address,
                             [](char c) { return g_ascii_isxdigit(c) || c == ':' || c == '.'; })) {
      return false;
    }
    ++end;
  } else {
    while (end < rest.size() &&
           (is_alphanumeric(rest[end]) || rest[end] == '.' || rest[end] == '-')) {
      ++end;
    }
    if (end == 0) return false;
  }
  rest.remove_prefix(end);
  return true;
}

bool take_port(std::string_view& rest) {
  if (!rest.starts_with(':')) return true;
  unsigned port = 0;
  const auto* begin = rest.data() + 1;
  const auto [end, error] = std::from_chars(begin, rest.data() + rest.size(), port);
  if (error != std::errc() || port < 1 || port > 65535) return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return true;
}

bool is_transport(std::string_view rest) {
  return rest.empty() || rest == "?transport=udp" || rest == "?transport=tcp";
}

// Visible ASCII: what a quoted string of a header may hold (RFC 9110 §5.6.4).
std::optional<std::string> read_credential(std::string_view text) {
  auto decoded = http::percent_decode(text);
  if (!decoded || decoded->empty() ||
      !std::ranges::all_of(*decoded, [](char c) { return c > ' ' && c <= '~'; })) {
    return std::nullopt;
  }
  return decoded;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

// The TURN REST credential that coturn and others know: the password of a user who is called by the
// moment of expiry is a MAC of that name.
std::string turn_password(std::string_view secret, std::string_view username) {
  const auto* key = reinterpret_cast<const guchar*>(secret.data());
  const auto* data = reinterpret_cast<const guchar*>(username.data());
  std::array<guint8, 20> digest{};
  gsize size = digest.size();
  const Owned<GHmac, g_hmac_unref> hmac(g_hmac_new(G_CHECKSUM_SHA1, key, secret.size()));
  g_hmac_update(hmac.get(), data, static_cast<gssize>(username.size()));
  g_hmac_get_digest(hmac.get(), digest.data(), &size);
  return OwnedString(g_base64_encode(digest.data(), size)).get();
}

}  // namespace

Result<IceServer> parse_stun_server(std::string_view text) {
  const auto colon = text.find(':');
  const auto scheme = text.substr(0, colon);
  auto rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (text.size() > kUrlBytesMax || (scheme != "stun" && scheme != "stuns") || !take_host(rest) ||
      !take_port(rest) || !rest.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("\"{}\": allowed is stun:HOST[:PORT] or stuns:HOST[:PORT]",
                            text.substr(0, kUrlBytesMax)));
  }
  return IceServer{.url = std::string(text), .username = {}, .password = {}};
}

// What is wrong is not repeated: it may hold a password.
Result<IceServer> parse_turn_server(std::string_view text) {
  const auto refuse = [] {
    return fail(ErrorCode::kInvalidArgument,
                "allowed is turn:[USER:PASSWORD@]HOST[:PORT][?transport=udp|tcp], or turns:");
  };
  const auto colon = text.find(':');
  const auto scheme = text.substr(0, colon);
  if (text.size() > kUrlBytesMax || colon == std::string_view::npos ||
      (scheme != "turn" && scheme != "turns")) {
    return refuse();
  }
  auto address = text.substr(colon + 1);
  IceServer server;
  if (const auto at = address.rfind('@'); at != std::string_view::npos) {
    const auto user = address.substr(0, std::min(address.find(':'), at));
    const auto password = address.substr(std::min(user.size() + 1, at), at - user.size() - 1);
    auto name = read_credential(user);
    auto key = user.size() < at ? read_credential(password) : std::nullopt;
    if (!name || !key) return refuse();
    server.username = std::move(*name);
    server.password = std::move(*key);
    address.remove_prefix(at + 1);
  }
  server.url = fmt::format("{}:{}", scheme, address);
  if (!take_host(address) || !take_port(address) || !is_transport(address)) return refuse();
  return server;
}

std::vector<std::string> ice_server_links(const IceServers& servers,
                                          std::chrono::system_clock::time_point now) {
  using std::chrono::duration_cast;
  using std::chrono::seconds;
  const auto expiry = duration_cast<seconds>((now + kTurnCredentialLife).time_since_epoch());
  const std::string made_name = fmt::to_string(expiry.count());
  std::vector<std::string> links;
  for (const auto& server : servers.servers) {
    std::string link = fmt::format("<{}>; rel=\"ice-server\"", server.url);
    if (server.url.starts_with("turn")) {
      const bool own = !server.username.empty();
      const std::string name = own ? server.username : made_name;
      const std::string password =
          own ? server.password : turn_password(servers.turn_secret, made_name);
      link += fmt::format("; username={}; credential={}; credential-type=\"password\"",
                          quoted(name), quoted(password));
    }
    links.push_back(std::move(link));
  }
  return links;
}

}  // namespace spacecast::studio
