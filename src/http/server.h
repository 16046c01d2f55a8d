// HTTP/1.1 over libsoup 3, on a loop of its own.
//
// A handler runs on the server's loop, gets the whole bounded request and a Responder, and may answer
// at once or later, from any thread: a blocking playlist reload parks its Responder until the part is
// there (RFC 8216bis §6.2.5.2), a WHIP offer is answered by the control loop. A parked request costs
// memory only, no thread. Handlers never block.
//
// Nothing from the network is parsed before it is bounded: a body over the route's `body_max` ends the
// request with 413 before it is read to the end; request line and headers are libsoup's to bound.
// Errors are RFC 9457 problem documents.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "glibx/loop.h"

namespace spacecast::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  std::string path;                           // Percent-decoded, as matched.
  std::string query;                          // Raw, without '?'; empty where there is none.
  std::map<std::string, std::string> params;  // The pattern's {names}.
  std::string body;
  std::map<std::string, std::string> headers;  // Keys in lower case.

  // "" where the header is missing.
  [[nodiscard]] std::string_view header(const std::string& lower_case_name) const;
  // Percent-decoded value of the first `name=` in the query.
  [[nodiscard]] std::optional<std::string> query_value(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type;  // Empty: no body.
  Headers headers;
  Bytes body;  // May be null. Shared, never copied.
};

// RFC 9457: {"type":"about:blank","title":…,"status":…,"detail":…}.
[[nodiscard]] Response problem(int status, std::string_view detail);
// The status an Error's code stands for (400, 422, 404, 503, 409, 500), as a problem document.
[[nodiscard]] Response problem(const Error& error);
[[nodiscard]] Response json(int status, std::string text);

// The one answer to one request. Move-only; usable from any thread. Dropped unanswered, it answers
// 500, so that no client waits for ever.
class Responder {
 public:
  class Impl;
  explicit Responder(std::shared_ptr<Impl> impl);
  Responder(Responder&&) noexcept;
  Responder& operator=(Responder&&) noexcept;
  ~Responder();
  void respond(Response response);

 private:
  std::shared_ptr<Impl> impl_;
};

// A text/event-stream answer (WHATWG HTML §9.2) that stays open. Any thread. Shared: dropping the last
// reference closes it. What a slow reader has not taken is bounded: past it the stream is closed, and
// the browser's EventSource comes back by itself.
class EventStream {
 public:
  virtual ~EventStream() = default;
  virtual void send(std::string_view event, std::string_view data) = 0;
  virtual void close() = 0;
  // True once the client is gone or close() was called.
  [[nodiscard]] virtual bool closed() const = 0;
};

// Turns a pending answer into an event stream.
[[nodiscard]] std::shared_ptr<EventStream> start_event_stream(Responder responder,
                                                              Headers headers = {});

using Handler = std::function<void(Request, Responder)>;

struct Route {
  std::string method;   // "GET" also answers HEAD, without a body.
  std::string pattern;  // "/spaces/{id}/hls/{file...}": {x} is one segment, {x...} the rest.
  std::size_t body_max = 0;
  Handler handler;
};

class Server {
 public:
  struct Options {
    std::string host = "127.0.0.1";  // A numeric address.
    std::uint16_t port = 0;          // 0: the system picks one.
    std::string thread_name = "http";
  };

  // Listens at once; answers 404 until routes are added. An OPTIONS request on a known path is
  // answered with 204, Allow and the CORS preflight headers; another method with 405 and Allow.
  [[nodiscard]] static Result<std::unique_ptr<Server>> create(Options options);
  virtual ~Server() = default;

  virtual void add(Route route) = 0;  // Before the first request to it; any thread.
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual const std::shared_ptr<Loop>& loop() const = 0;
  // Requests now waiting for their answer (a metric, and what tests wait for).
  [[nodiscard]] virtual std::size_t pending() const = 0;
};

}  // namespace spacecast::http
