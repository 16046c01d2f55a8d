// Goal: what operators write is understood or refused, and clients get headers that they understand
// and credentials that a TURN server takes. Method: tables; the credential against values computed
// with openssl dgst -sha1 -hmac.
#include "studio/ice_servers.h"

#include <catch2/catch.hpp>

using namespace spacecast::studio;
using namespace std::chrono_literals;

TEST_CASE("addresses of STUN servers") {
  for (const char* good :
       {"stun:stun.example.net", "stun:192.0.2.1:3478", "stuns:[2001:db8::1]:5349"}) {
    INFO(good);
    const auto server = parse_stun_server(good);
    REQUIRE(server);
    CHECK(server->url == good);
  }
  for (const char* bad :
       {"", "stun", "stun:", "stun://host", "http:host", "stun:host:0", "stun:host:65536",
        "stun:host:", "stun:host:1x", "stun:ho st", "stun:host?transport=udp", "stun:user@host",
        "stun:[::1", "stun:[]", "stun:host>", "turn:host"}) {
    INFO(bad);
    CHECK_FALSE(parse_stun_server(bad));
  }
  CHECK_FALSE(parse_stun_server("stun:" + std::string(600, 'a')));
}

TEST_CASE("addresses of TURN servers") {
  struct Case {
    const char *text, *url, *username, *password;
  };
  const Case cases[] = {
      {"turn:turn.example.net", "turn:turn.example.net", "", ""},
      {"turns:192.0.2.1:443?transport=tcp", "turns:192.0.2.1:443?transport=tcp", "", ""},
      {"turn:ada:secret@host:3478", "turn:host:3478", "ada", "secret"},
      {"turn:a%3Ab:p%40s%22@[::1]?transport=udp", "turn:[::1]?transport=udp", "a:b", "p@s\""},
      {"turn:ada:with:colons@host", "turn:host", "ada", "with:colons"},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    const auto server = parse_turn_server(c.text);
    REQUIRE(server);
    CHECK(server->url == c.url);
    CHECK(server->username == c.username);
    CHECK(server->password == c.password);
  }
  for (const char* bad :
       {"", "turn", "turn:", "turn:@host", "turn:ada@host", "turn:ada:@host", "turn::secret@host",
        "turn:a%0Ab:secret@host", "turn:a%zz:secret@host", "turn:host?transport=sctp",
        "turn:host?x", "turn:host:99999", "turn:ho\"st", "stun:host"}) {
    INFO(bad);
    const auto server = parse_turn_server(bad);
    REQUIRE_FALSE(server);
    CHECK(server.error().message.find("secret") == std::string::npos);
  }
}

TEST_CASE("Link headers say where and with which credentials") {
  const auto now = std::chrono::system_clock::time_point(1'700'000'000s);
  IceServers servers;
  CHECK(ice_server_links(servers, now).empty());
  servers.servers = {*parse_stun_server("stun:stun.example.net"),
                     *parse_turn_server("turn:ada:p%22s%5Cw@turn.example.net?transport=udp"),
                     *parse_turn_server("turns:turn.example.net:443")};
  servers.turn_secret = "north";
  const auto links = ice_server_links(servers, now);
  REQUIRE(links.size() == 3);
  CHECK(links[0] == "<stun:stun.example.net>; rel=\"ice-server\"");
  CHECK(links[1] ==
        "<turn:turn.example.net?transport=udp>; rel=\"ice-server\"; username=\"ada\"; "
        "credential=\"p\\\"s\\\\w\"; credential-type=\"password\"");
  CHECK(links[2] ==
        "<turns:turn.example.net:443>; rel=\"ice-server\"; username=\"1700086400\"; "
        "credential=\"K+RlgFj3QLvB7WAVHfjfgMgyBeA=\"; credential-type=\"password\"");
}
