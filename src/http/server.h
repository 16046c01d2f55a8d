// HTTP/1.1, on a loop of its own: libsoup 3 reads requests, the rest is ours (see connection.h).
//
// A handler runs on the server's loop, gets the whole bounded request and a Responder, and may
// answer at once or later, from any thread: a blocking playlist reload parks its Responder until
// the part is there (RFC 8216bis §6.2.5.2), a WHIP offer is answered by the control loop. A parked
// request costs memory only, no thread. Handlers never block.
//
// Nothing from the network is parsed before it is bounded: a body over the route's `body_max` ends
// the request with 413 before it is read to the end; request line and headers together end at 64
// KiB (libsoup). Every phase of a connection has a deadline and their number has a limit, see
// Server::Options. Every answer carries the CORS headers; errors are RFC 9457 problem documents.
//
// Pipelined requests (RFC 9112 §9.3.2) are not read ahead: a client that sends one before it has
// the answer to the last gets that answer and "Connection: close". No player, browser or cache
// does.
#pragma once

#include <chrono>
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
  Bytes body;           // May be null. Shared, never copied.
  bool ranges = false;  // A 200 may be cut down to the 206 that the request's Range asks for.

  // Replaces a header of that name (in any case), or adds it.
  void set_header(std::string_view name, std::string value);
};

// RFC 9457: {"type":"about:blank","title":…,"status":…,"detail":…}; not to be cached.
[[nodiscard]] Response problem(int status, std::string_view detail);
// The status an Error's code stands for (400, 422, 403, 404, 503, 409, 500), as a problem document.
[[nodiscard]] Response problem(const Error& error);
// A limit of ours was reached or the disk does not follow: 503 with Retry-After.
[[nodiscard]] Response unavailable(std::string_view detail, std::chrono::seconds retry_after);
[[nodiscard]] Response json(int status, std::string text);
// A status that says everything.
[[nodiscard]] Response empty(int status);

class EventStream;

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
  // The client hung up: an answer would go nowhere. Whoever keeps many responders drops those.
  [[nodiscard]] bool client_gone() const;

 private:
  friend std::shared_ptr<EventStream> start_event_stream(Responder responder, Headers headers);
  std::shared_ptr<Impl> impl_;
};

// A text/event-stream answer (WHATWG HTML §9.2) that stays open. Any thread. Shared: dropping the
// last reference closes it. What a slow reader has not taken is bounded: past it the stream is
// closed, and the browser's EventSource comes back by itself.
class EventStream {
 public:
  virtual ~EventStream() = default;
  virtual void send(std::string_view event, std::string_view data) = 0;
  virtual void close() = 0;
  // True once the client is gone or close() was called.
  [[nodiscard]] virtual bool closed() const = 0;
};

// Turns a pending answer into an event stream. A comment goes out every 15 s, so that dead clients
// are noticed.
[[nodiscard]] std::shared_ptr<EventStream> start_event_stream(Responder responder,
                                                              Headers headers = {});

using Handler = std::function<void(Request, Responder)>;

struct Route {
  std::string method;  // "GET" also answers HEAD, without a body.
  // "/spaces/{id}/hls/{file...}": {x} is one segment, {x...} the rest. Routes of one path use the
  // same names in it.
  std::string pattern;
  std::size_t body_max = 0;
  Handler handler;
  // What an OPTIONS answer says beyond the usual: Accept-Post, Accept-Patch. A path may also have a
  // route for OPTIONS of its own.
  Headers options_headers;
};

class Server {
 public:
  struct Options {
    std::string host = "127.0.0.1";  // A numeric address.
    std::uint16_t port = 0;          // 0: the system picks one.
    std::string thread_name = "http";
    // Connections at one time; a further one is closed unanswered. At most half of the process's
    // descriptor limit (the soft one, as it is at create()) is taken, whatever this says.
    std::size_t max_connections = 30000;
    // From the first byte of a request (or from the connection) to its last byte.
    std::chrono::milliseconds request_timeout{15000};
    // Between two requests. Longer than a cache in front keeps its connections (Varnish: 60 s).
    std::chrono::milliseconds idle_timeout{75000};
    // A client that takes not one byte of its answer for so long is gone.
    std::chrono::milliseconds write_timeout{20000};
  };

  // Has the port from now on and takes connections from start() on: those that come in between wait
  // in the kernel, so that nobody is told 404 of what is about to be added. An OPTIONS request on a
  // known path is answered with 200, Allow and the CORS preflight headers; another method with 405
  // and Allow.
  [[nodiscard]] static Result<std::unique_ptr<Server>> create(Options options);
  virtual ~Server() = default;

  // Any thread. The most specific pattern wins: a literal before a {name} before a {rest...}.
  virtual void add(Route route) = 0;
  // Once.
  virtual void start() = 0;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual const std::shared_ptr<Loop>& loop() const = 0;
  // Requests now waiting for their answer, and open connections (metrics, and what tests wait for).
  [[nodiscard]] virtual std::size_t pending() const = 0;
  [[nodiscard]] virtual std::size_t connections() const = 0;
};

}  // namespace spacecast::http
