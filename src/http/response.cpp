#include <glib.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "http/headers.h"
#include "http/server.h"
#include "http/uri.h"

namespace spacecast::http {
namespace {

// What is full stays so for a while: a place on a stage, a listener's.
constexpr auto kRetryAfter = std::chrono::seconds(10);

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return 400;
    case ErrorCode::kUnsupported:
      return 422;
    case ErrorCode::kForbidden:
      return 403;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kLimit:
      return 503;
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kIo:
    case ErrorCode::kInternal:
      return 500;
  }
  return 500;
}

}  // namespace

std::string_view Request::header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<std::string> Request::query_value(std::string_view name) const {
  return http::query_value(query, name);
}

void Response::set_header(std::string_view name, std::string value) {
  const auto found =
      std::ranges::find_if(headers, [&](const auto& h) { return same_header(h.first, name); });
  if (found == headers.end()) {
    headers.emplace_back(name, std::move(value));
  } else {
    found->second = std::move(value);
  }
}

Response problem(int status, std::string_view detail) {
  const nlohmann::json document = {{"type", "about:blank"},
                                   {"title", std::string(reason_phrase(status))},
                                   {"status", status},
                                   {"detail", std::string(detail)}};
  // A detail may quote what the client sent: what is not UTF-8 in it is replaced, never thrown at.
  std::string text = document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return {.status = status,
          .content_type = "application/problem+json",
          .headers = {{"Cache-Control", "no-store"}},
          .body = make_bytes(text)};
}

Response problem(const Error& error) {
  if (error.code == ErrorCode::kLimit) return unavailable(error.message, kRetryAfter);
  return problem(status_of(error.code), error.message);
}

Response unavailable(std::string_view detail, std::chrono::seconds retry_after) {
  Response response = problem(503, detail);
  response.set_header("Retry-After", std::to_string(retry_after.count()));
  return response;
}

Response empty(int status) {
  return {.status = status, .content_type = {}, .headers = {}, .body = nullptr};
}

Response json(int status, std::string text) {
  return {.status = status,
          .content_type = "application/json",
          .headers = {{"Cache-Control", "no-store"}},
          .body = make_bytes(text)};
}

}  // namespace spacecast::http
