// The ICE side of a session, and what a client may do to it with PATCH (RFC 9725 §4.3; WHEP has the
// same rules): add candidates. A restart of ICE is refused, because webrtcbin 1.22 has none, and
// costs the session nothing: the client may go on with it, or join anew. Pure; the session's loop.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"
#include "pipelines/speaker_offer.h"

namespace spacecast::studio {

inline constexpr std::string_view kIceFragmentType = "application/trickle-ice-sdpfrag";

// What the client of an offer that was answered gets.
struct NewSession {
  std::string secret;  // The last segment of its URL: unguessable (RFC 9725 §5).
  std::string etag;
  std::string answer;
};

class IceSession {
 public:
  // `etag`: strong, quotes included; it never changes, as ICE is never restarted.
  IceSession(std::string etag, std::string ufrag, std::string password,
             std::vector<std::string> candidates);

  [[nodiscard]] const std::string& etag() const { return etag_; }

  // The candidates that a PATCH adds, or the answer that refuses it:
  //  - 415 with Accept-Patch: another content type (RFC 5789 §2.2);
  //  - 428: no If-Match (RFC 6585 §3);
  //  - 400: a malformed fragment, or more candidates than a session may have;
  //  - 412: an If-Match of another ICE session (RFC 9110 §13.1.1);
  //  - 422: another ufrag or password, which asks for a restart (RFC 9725 §4.3.3).
  // Candidates that are there already are left out: clients may send all of them each time.
  [[nodiscard]] std::expected<std::vector<std::string>, http::Response> patch(
      const http::Request& request);

 private:
  std::string etag_;
  std::string ufrag_, password_;
  std::vector<std::string> candidates_;
};

}  // namespace spacecast::studio
