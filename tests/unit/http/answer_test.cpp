// Goal: what goes over the wire is what RFC 9112 allows, whatever a handler says.
// Method: heads as text.
#include "http/answer.h"

#include <catch2/catch.hpp>
#include <string>

using namespace spacecast;
using namespace spacecast::http;

namespace {

std::string head(const Answer& answer) {
  return std::string(as_text(*answer.head));
}

bool has_line(const Answer& answer, const std::string& line) {
  return head(answer).find("\r\n" + line + "\r\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a head has its length, its date and an end") {
  const Answer answer = make_answer({.content_type = "text/plain", .body = make_bytes("12345")},
                                    {.get = true, .keep_alive = true});
  CHECK(head(answer).starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(head(answer).ends_with("\r\n\r\n"));
  CHECK(has_line(answer, "Content-Length: 5"));
  CHECK(has_line(answer, "Content-Type: text/plain"));
  CHECK(head(answer).find("\r\nDate: ") != std::string::npos);
  CHECK(head(answer).find("Connection") == std::string::npos);
  CHECK(answer.size == 5);
}

TEST_CASE("answers without a body") {
  Answer answer = make_answer({.body = make_bytes("12345")}, {.head = true});
  CHECK(has_line(answer, "Content-Length: 5"));
  CHECK(has_line(answer, "Connection: close"));
  CHECK(answer.size == 0);
  for (const int status : {204, 304}) {
    answer = make_answer({.status = status}, {.get = true});
    CHECK(head(answer).find("\r\nContent-Length:") == std::string::npos);
    CHECK(answer.size == 0);
  }
  CHECK(has_line(make_answer({.status = 201}, {}), "Content-Length: 0"));
}

TEST_CASE("nothing in a header's value can forge another header") {
  const Answer answer =
      make_answer({.headers = {{"Location", "/x\r\nSet-Cookie: a=b\n\nbody"}}}, {.get = true});
  CHECK(has_line(answer, "Location: /xSet-Cookie: a=bbody"));
}

TEST_CASE("a range is for a GET that may be cut, and for a whole body only") {
  const Bytes digits = make_bytes("0123456789");
  const Asked asked{.get = true, .range = "bytes=2-4"};
  Answer answer = make_answer({.body = digits, .ranges = true}, asked);
  CHECK(head(answer).starts_with("HTTP/1.1 206 "));
  CHECK(answer.offset == 2);
  CHECK(answer.size == 3);
  answer = make_answer({.body = digits}, asked);
  CHECK(head(answer).starts_with("HTTP/1.1 200 "));
  CHECK(answer.size == 10);
  answer = make_answer({.status = 404, .body = digits, .ranges = true}, asked);
  CHECK(answer.size == 10);
  answer = make_answer({.body = digits, .ranges = true}, {.head = true, .range = "bytes=2-4"});
  CHECK(has_line(answer, "Content-Length: 10"));
}
