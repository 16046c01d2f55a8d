#include "studio/session_http.h"

#include <fmt/format.h>

#include "http/headers.h"

namespace spacecast::studio {

http::Response created(const NewSession& session, std::string_view endpoint) {
  return {.status = 201,
          .content_type = std::string(kSdpType),
          .headers = {{"Location", fmt::format("{}/{}", endpoint, session.secret)},
                      {"ETag", session.etag},
                      {"Accept-Patch", std::string(kIceFragmentType)},
                      {"Cache-Control", "no-store"}},
          .body = make_bytes(std::string_view(session.answer))};
}

std::optional<http::Response> refuse_other_than_sdp(const http::Request& request) {
  if (http::has_media_type(request, kSdpType)) return std::nullopt;
  auto response = http::problem(415, fmt::format("Content-Type must be {}", kSdpType));
  response.set_header("Accept-Post", std::string(kSdpType));
  return response;
}

}  // namespace spacecast::studio
