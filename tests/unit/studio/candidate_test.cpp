// Goal: of a client's ICE candidates only literal UDP addresses are used, and broken ones are
// refused. Method: tables.
#include "studio/candidate.h"

#include <catch2/catch.hpp>

using namespace spacecast;
using namespace spacecast::studio;

TEST_CASE("candidates: used, ignored or refused") {
  struct Case {
    const char* text;
    bool valid;
    const char* used;  // "" for none
  };
  const Case cases[] = {
      {"candidate:1 1 udp 2122260223 192.0.2.7 54137 typ host generation 0 network-cost 50", true,
       "candidate:1 1 UDP 2122260223 192.0.2.7 54137 typ host"},
      {"candidate:a+/ 1 UDP 0 2001:db8::1 1 typ srflx raddr 192.0.2.7 rport 5", true,
       "candidate:a+/ 1 UDP 0 2001:db8::1 1 typ srflx"},
      {"candidate:1 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active", true, ""},
      {"candidate:1 2 udp 1 192.0.2.7 5000 typ host", true, ""},
      {"candidate:1 1 udp 1 3f2a.local 5000 typ host", true, ""},
      {"candidate:1 1 udp 1 example.org 5000 typ host", true, ""},
      {"candidate:1 1 udp 1 192.0.2.7 0 typ host", true, ""},
      {"candidate:", false, ""},
      {"candidat:1 1 udp 1 192.0.2.7 5000 typ host", false, ""},
      {"candidate:1 1 udp 1 192.0.2.7 5000 typ", false, ""},
      {"candidate:1 1 udp 1 192.0.2.7 65536 typ host", false, ""},
      {"candidate:1 1 udp 4294967296 192.0.2.7 5000 typ host", false, ""},
      {"candidate:1 0 udp 1 192.0.2.7 5000 typ host", false, ""},
      {"candidate:1 1 udp -1 192.0.2.7 5000 typ host", false, ""},
      {"candidate:- 1 udp 1 192.0.2.7 5000 typ host", false, ""},
      {"candidate:1 1 udp 1 192.0.2.7 5000 typ guest", false, ""},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    const auto candidate = read_candidate(c.text);
    REQUIRE(candidate.has_value() == c.valid);
    if (candidate) CHECK(candidate->value_or("") == c.used);
  }
  CHECK_FALSE(read_candidate("candidate:1 1 udp 1 " + std::string(300, 'a') + " 5000 typ host"));
}

TEST_CASE("a trickled fragment") {
  const auto fragment = read_ice_fragment(
      "a=ice-ufrag:74pR\r\na=ice-pwd:u2LX5izoMdi+bttCdFVE4Vm0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
      "a=mid:0\r\na=candidate:1 1 udp 1 192.0.2.7 5000 typ host\r\n"
      "a=candidate:1 1 udp 1 x.local 5000 typ host\r\na=end-of-candidates\r\n");
  REQUIRE(fragment);
  CHECK(fragment->ufrag == "74pR");
  CHECK(fragment->password == "u2LX5izoMdi+bttCdFVE4Vm0");
  CHECK(fragment->candidates.size() == 1);

  CHECK(read_ice_fragment("a=end-of-candidates\r\n"));
  CHECK_FALSE(read_ice_fragment(""));
  CHECK_FALSE(read_ice_fragment("a=candidate:1 1 udp 1 192.0.2.7 5000 typ host"));
  CHECK_FALSE(read_ice_fragment("a=candidate:junk\r\n"));
  CHECK_FALSE(read_ice_fragment("a=ice-ufrag:x\r\n"));
  CHECK_FALSE(read_ice_fragment("a=ice-pwd:short\r\n"));
  CHECK_FALSE(read_ice_fragment(std::string(kFragmentBytesMax, 'a') + "\n"));
}
