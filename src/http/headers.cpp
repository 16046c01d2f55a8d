#include "http/headers.h"

#include <glib.h>

#include <algorithm>

namespace spacecast::http {
std::string_view reason_phrase(int status) {
  struct Phrase {
    int status;
    std::string_view text;
  };
  static constexpr Phrase kPhrases[] = {
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {422, "Unprocessable Content"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
  };
  const auto* found = std::ranges::find(kPhrases, status, &Phrase::status);
  return found == std::end(kPhrases) ? std::string_view("Unknown") : found->text;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool same_header(std::string_view a, std::string_view b) {
  return a.size() == b.size() && g_ascii_strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool list_contains(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (same_header(trim(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool has_media_type(const Request& request, std::string_view type) {
  const std::string_view value = request.header("content-type");
  return same_header(trim(value.substr(0, value.find(';'))), type);
}

const Headers& cors_headers() {
  static const Headers headers = {
      {"Access-Control-Allow-Origin", "*"},
      {"Access-Control-Expose-Headers",
       "Age, Date, Content-Length, Content-Range, Location, ETag, Link, Retry-After, "
       "Spacecast-Speaker"},
  };
  return headers;
}

Response options_response(std::string allow, const Headers& extra) {
  Response response{.status = 200,
                    .content_type = {},
                    .headers = {{"Allow", allow},
                                {"Access-Control-Allow-Methods", allow},
                                {"Access-Control-Allow-Headers",
                                 "Authorization, Content-Type, If-Match, Spacecast-Replaces"},
                                {"Access-Control-Max-Age", "86400"}},
                    .body = nullptr};
  response.headers.insert(response.headers.end(), extra.begin(), extra.end());
  return response;
}

}  // namespace spacecast::http
