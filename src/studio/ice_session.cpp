#include "studio/ice_session.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/headers.h"
#include "studio/candidate.h"
#include "studio/sdp_text.h"

namespace spacecast::studio {
namespace {

using http::problem;
using http::Response;

// RFC 9110 §13.1.1: a list of entity tags, compared strongly, or "*". The figures of RFC 9725 have
// that star in quotes.
bool matches(std::string_view if_match, std::string_view etag) {
  return std::ranges::any_of(split_fields(if_match, ','), [&](std::string_view field) {
    const auto tag = http::trim(field);
    return tag == etag || tag == "*" || tag == "\"*\"";
  });
}

Response wrong_type() {
  auto response = problem(415, fmt::format("Content-Type must be {}", kIceFragmentType));
  response.set_header("Accept-Patch", std::string(kIceFragmentType));
  return response;
}

}  // namespace

IceSession::IceSession(std::string etag, std::string ufrag, std::string password,
                       std::vector<std::string> candidates)
    : etag_(std::move(etag)),
      ufrag_(std::move(ufrag)),
      password_(std::move(password)),
      candidates_(std::move(candidates)) {}

std::expected<std::vector<std::string>, Response> IceSession::patch(const http::Request& request) {
  const auto refuse = [](Response response) { return std::unexpected(std::move(response)); };
  if (!http::has_media_type(request, kIceFragmentType)) return refuse(wrong_type());
  const auto if_match = request.header("if-match");
  if (if_match.empty()) {
    return refuse(problem(428, "If-Match is needed: the ETag of the 201 answer"));
  }
  const auto fragment = read_ice_fragment(request.body);
  if (!fragment) return refuse(problem(fragment.error()));
  if (!matches(if_match, etag_)) {
    return refuse(problem(412, "If-Match is not the ETag of this session"));
  }
  const auto other = [](const std::string& given, const std::string& own) {
    return !given.empty() && given != own;
  };
  if (other(fragment->ufrag, ufrag_) || other(fragment->password, password_)) {
    return refuse(
        problem(422, "ICE restart is not supported: the session goes on; join anew instead"));
  }
  std::vector<std::string> fresh;
  for (const auto& candidate : fragment->candidates) {
    const auto is_known = [&](const auto& list) {
      return std::ranges::find(list, candidate) != list.end();
    };
    if (!is_known(candidates_) && !is_known(fresh)) fresh.push_back(candidate);
  }
  if (candidates_.size() + fresh.size() > kCandidatesMax) {
    return refuse(problem(
        400, fmt::format("too many ICE candidates; a session may have {}", kCandidatesMax)));
  }
  candidates_.insert(candidates_.end(), fresh.begin(), fresh.end());
  return fresh;
}

}  // namespace spacecast::studio
