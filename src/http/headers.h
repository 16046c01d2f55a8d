// What every answer says, and the names of status codes.
#pragma once

#include <string>
#include <string_view>

#include "http/server.h"

namespace spacecast::http {

// RFC 9110 §15.
[[nodiscard]] std::string_view reason_phrase(int status);

// Without spaces and tabs around it (RFC 9110 §5.6.3).
[[nodiscard]] std::string_view trim(std::string_view text);

// Header names do not depend on case (RFC 9110 §5.1).
[[nodiscard]] bool same_header(std::string_view a, std::string_view b);

// True where a comma-separated list holds the token, in any case.
[[nodiscard]] bool list_contains(std::string_view list, std::string_view token);

// Whether the request's body is of this media type, whatever its parameters (RFC 9110 §8.3.1).
[[nodiscard]] bool has_media_type(const Request& request, std::string_view type);

// CORS: every origin may read everything that we publish, errors too, and see the headers that
// players (Age, Date) and WHIP clients (Location, ETag, Link) need (Fetch §3.2). A stage may be
// part of anybody's page: no cookie is ever looked at, and whoever may do something has a token or
// a session's secret in hand, which no other origin can borrow from a browser.
[[nodiscard]] const Headers& cors_headers();

// The answer to OPTIONS on a known path, a CORS preflight among them: 200, which RFC 9725 §4.2 asks
// for, without a body.
[[nodiscard]] Response options_response(std::string allow, const Headers& extra);

}  // namespace spacecast::http
