// A handler's response as it goes over the wire (RFC 9112): with what every answer says, cut down
// to the range that was asked for, without a body where there is to be none. Pure but for the date.
#pragma once

#include <cstddef>
#include <string>

#include "base/bytes.h"
#include "http/server.h"

namespace spacecast::http {

// What of a request shapes the answer to it.
struct Asked {
  bool get = false;
  bool head = false;
  bool keep_alive = false;
  std::string range;  // Its Range header; empty where it does not count.
};

struct Answer {
  Bytes head;
  // The part of the body that is sent.
  Bytes body;
  std::size_t offset = 0, size = 0;
};

[[nodiscard]] Answer make_answer(Response response, const Asked& asked);

// The head of an answer that has no length and ends with its connection.
[[nodiscard]] Bytes make_stream_head(const Response& response);

}  // namespace spacecast::http
