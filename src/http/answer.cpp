#include "http/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <optional>
#include <string_view>
#include <variant>

#include "http/headers.h"
#include "http/range.h"

namespace spacecast::http {
namespace {

constexpr std::size_t kUsualHead = 512;
constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// RFC 9110 §5.6.7, made once a second.
const std::string& date() {
  thread_local std::time_t second = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != second) {
    std::tm utc{};
    gmtime_r(&now, &utc);
    text =
        fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[utc.tm_wday], utc.tm_mday,
                    kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
    second = now;
  }
  return text;
}

class Head {
 public:
  explicit Head(int status) {
    text_.reserve(kUsualHead);
    fmt::format_to(std::back_inserter(text_), "HTTP/1.1 {} {}\r\n", status, reason_phrase(status));
    for (const auto& [name, value] : cors_headers()) add(name, value);
    add("Date", date());
  }

  void add(std::string_view name, std::string_view value) {
    append(name);
    append(": ");
    // A line break would start a header of somebody else's choice (RFC 9110 §5.5).
    while (true) {
      const std::size_t line = std::min(value.find_first_of("\r\n"), value.size());
      append(value.substr(0, line));
      if (line == value.size()) break;
      value.remove_prefix(line + 1);
    }
    append("\r\n");
  }
  void add(const Response& response) {
    for (const auto& [name, value] : response.headers) add(name, value);
    if (!response.content_type.empty()) add("Content-Type", response.content_type);
  }

  [[nodiscard]] Bytes finish() {
    append("\r\n");
    return make_bytes(std::move(text_));
  }

 private:
  void append(std::string_view text) { text_.insert(text_.end(), text.begin(), text.end()); }

  ByteVector text_;
};

// Which bytes of the body: all, some (206) or none (416).
void cut_to_range(Response& response, Answer& answer, const Asked& asked) {
  if (!response.ranges || response.status != 200 || answer.size == 0) return;
  response.set_header("Accept-Ranges", "bytes");
  if (asked.range.empty() || !asked.get) return;
  const std::size_t size = answer.size;
  const auto range = parse_range(asked.range, size);
  if (std::holds_alternative<NotSatisfiable>(range)) {
    response.status = 416;
    response.content_type.clear();
    response.set_header("Content-Range", fmt::format("bytes */{}", size));
    response.set_header("Cache-Control", "no-store");
    answer.size = 0;
  } else if (const auto* some = std::get_if<ByteRange>(&range)) {
    response.status = 206;
    response.set_header("Content-Range",
                        fmt::format("bytes {}-{}/{}", some->first, some->last, size));
    answer.offset = some->first;
    answer.size = some->last - some->first + 1;
  }
}

}  // namespace

Answer make_answer(Response response, const Asked& asked) {
  Answer answer{.head = nullptr, .body = std::move(response.body)};
  answer.size = answer.body ? answer.body->size() : 0;
  cut_to_range(response, answer, asked);
  Head head(response.status);
  head.add(response);
  // RFC 9110 §8.6: a 204 has no length, and a 304 says nothing of one that it does not know.
  const bool no_length = response.status == 204 || response.status == 304;
  if (!no_length) head.add("Content-Length", fmt::format_int(answer.size).str());
  if (!asked.keep_alive) head.add("Connection", "close");
  answer.head = head.finish();
  if (asked.head || no_length) answer.size = 0;
  return answer;
}

Bytes make_stream_head(const Response& response) {
  Head head(response.status);
  head.add(response);
  head.add("Connection", "close");
  return head.finish();
}

}  // namespace spacecast::http
