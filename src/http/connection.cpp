#include "http/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "http/event_stream.h"
#include "http/headers.h"
#include "http/uri.h"

namespace spacecast::http {
namespace {

using namespace std::chrono_literals;

// After the last answer the client may still be sending: reading on for a while lets it see the
// answer, which a connection closed over unread bytes would take from it (RFC 9112 §9.6).
constexpr auto kDrainTime = 2s;
constexpr std::size_t kDrainBytes = std::size_t{256} * 1024;
constexpr auto kPingPeriod = 15s;

// The connection's half of a Responder.
class PendingAnswer final : public Responder::Impl {
 public:
  PendingAnswer(std::shared_ptr<Loop> loop, std::weak_ptr<Connection> connection)
      : loop_(std::move(loop)), connection_(std::move(connection)) {}

  void respond(Response response) override {
    // On the loop there is no need for another turn. Other threads must not lock the weak pointer:
    // they could become the last owner.
    if (loop_->on_thread()) {
      if (auto alive = connection_.lock()) alive->answer(std::move(response));
      return;
    }
    loop_->post([connection = connection_, response = std::move(response)]() mutable {
      if (auto alive = connection.lock()) alive->answer(std::move(response));
    });
  }

  std::shared_ptr<EventStream> start_event_stream(Headers headers) override {
    auto queue = std::make_shared<StreamQueue>();
    auto stream = std::make_shared<QueuedEventStream>(loop_, connection_, queue);
    loop_->post([connection = connection_, headers = std::move(headers), queue]() mutable {
      if (auto alive = connection.lock()) {
        alive->start_stream(std::move(headers), std::move(queue));
      } else {
        queue->close();
      }
    });
    return stream;
  }

  bool client_gone() const override { return connection_.expired(); }

 private:
  std::shared_ptr<Loop> loop_;
  std::weak_ptr<Connection> connection_;
};

}  // namespace

Connection::Connection(ConnectionHost& host, SocketPoller::Id id, Ref<GSocket> socket)
    : host_(host),
      id_(id),
      socket_(std::move(socket)),
      stream_(adopt(g_socket_connection_factory_create_connection(socket_.get()))),
      fd_(g_socket_get_fd(socket_.get())),
      since_(Clock::now()),
      progress_(since_) {}

Connection::~Connection() {
  leave_waiting();
  if (queue_) queue_->close();
}

void Connection::set_state(State state) {
  state_ = state;
  since_ = Clock::now();
  progress_ = since_;
}

void Connection::on_events(SocketPoller::Events events) {
  readable_ = readable_ || events.readable;
  hangup_ = hangup_ || events.hangup;
  switch (state_) {
    case State::kIdle:
      if (readable_ || hangup_) take_input();
      break;
    case State::kWaiting:
      if (hangup_) close();
      break;
    case State::kWriting:
      flush();
      break;
    case State::kStreaming:
      if (hangup_) {
        close();
      } else {
        flush();
      }
      break;
    case State::kDraining:
      drain();
      break;
    case State::kReading:  // libsoup looks by itself.
    case State::kClosed:
      break;
  }
}

// What was told may be of bytes that libsoup has read since.
void Connection::take_input() {
  if (state_ != State::kIdle) return;
  readable_ = false;
  char byte = 0;
  // NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection): it does not block.
  const ssize_t size = recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) return close();
  set_state(State::kReading);
  host_.read(*this);
}

void Connection::on_message(SoupServerMessage* message) {
  message_ = Ref<SoupServerMessage>(message);
  // For the answers that libsoup gives by itself, to a request that it cannot parse.
  SoupMessageHeaders* headers = soup_server_message_get_response_headers(message);
  for (const auto& [name, value] : cors_headers()) {
    soup_message_headers_replace(headers, name.c_str(), value.c_str());
  }
  const auto on = [&](const char* signal, auto handler) {
    signals_.push_back(Signal::connect(message, signal, std::move(handler)));
  };
  on("got-headers", [this](SoupServerMessage*) { on_headers(); });
  on("got-chunk", [this](SoupServerMessage*, GBytes* chunk) { on_chunk(chunk); });
  on("got-body", [this](SoupServerMessage*) { on_request(); });
  // libsoup has closed the connection: the request made no sense, or the client is gone.
  on("disconnected", [this](SoupServerMessage*) { host_.remove(id_); });
}

std::string Connection::request_header(const char* name) const {
  const char* value =
      soup_message_headers_get_list(soup_server_message_get_request_headers(message_.get()), name);
  return value ? value : "";
}

// The whole head is here. What can be refused is refused now, before the body is read.
void Connection::on_headers() {
  const auto self = shared_from_this();
  SoupServerMessage* message = message_.get();
  soup_message_body_set_accumulate(soup_server_message_get_request_body(message), FALSE);
  const std::string method = soup_server_message_get_method(message);
  asked_ = {.get = method == "GET",
            .head = method == "HEAD",
            .keep_alive = soup_server_message_get_http_version(message) == SOUP_HTTP_1_1 &&
                          !list_contains(request_header("Connection"), "close"),
            // If-Range would need a validator; the whole body is always a right answer to it.
            .range = request_header("If-Range").empty() ? request_header("Range") : ""};
  SoupMessageHeaders* headers = soup_server_message_get_request_headers(message);
  const bool chunked = soup_message_headers_get_encoding(headers) == SOUP_ENCODING_CHUNKED;
  const goffset length = soup_message_headers_get_content_length(headers);
  auto refusal = find_route(method);
  if (!refusal && length > static_cast<goffset>(route_->body_max)) refusal = too_large();
  if (!refusal) return;
  if (chunked || length != 0) asked_.keep_alive = false;
  refuse(std::move(*refusal));
}

// Nothing where there is one: route_, params_ and path_ are set then.
std::optional<Response> Connection::find_route(const std::string& method) {
  SoupServerMessage* message = message_.get();
  if (!request_header("Transfer-Encoding").empty() && !request_header("Content-Length").empty()) {
    // RFC 9112 §6.3: two lengths are how requests are smuggled past a proxy.
    return problem(400, "a request has Content-Length or Transfer-Encoding, not both");
  }
  if (soup_server_message_get_status(message) != 0) {
    return problem(400, "the request target is not an http URL of this server");
  }
  if (soup_server_message_is_options_ping(message)) {
    return options_response("GET, HEAD, POST, PATCH, DELETE, OPTIONS", {});
  }
  const char* raw_path = g_uri_get_path(soup_server_message_get_uri(message));
  const auto segments = split_path(*raw_path ? raw_path : "/");
  if (!segments) {
    return problem(400, "the path is not percent-encoded UTF-8 without \".\" and \"..\"");
  }
  router_ = host_.router();
  auto match = router_->match(method, *segments);
  if (!match) return problem(404, "nothing is here");
  if (!match->route) {
    if (method == "OPTIONS") return options_response(match->allow, match->options_headers);
    auto refusal = problem(405, "allowed here: " + match->allow);
    refusal.set_header("Allow", match->allow);
    return refusal;
  }
  route_ = match->route;
  params_ = std::move(match->params);
  path_.clear();
  for (const std::string& segment : *segments) path_ += "/" + segment;
  return std::nullopt;
}

Response Connection::too_large() const {
  return problem(413, "the body is larger than " + std::to_string(route_->body_max) + " bytes");
}

void Connection::on_chunk(GBytes* chunk) {
  const auto self = shared_from_this();
  const std::size_t size = g_bytes_get_size(chunk);
  if (body_.size() + size > route_->body_max) {
    asked_.keep_alive = false;
    return refuse(too_large());
  }
  body_.append(static_cast<const char*>(g_bytes_get_data(chunk, nullptr)), size);
}

void Connection::refuse(Response response) {
  take_back();
  send(std::move(response));
}

void Connection::on_request() {
  const auto self = shared_from_this();
  Request request = make_request();
  take_back();
  set_state(State::kWaiting);
  ++host_.pending;
  // The handler may answer, and the answer end everything, before it returns.
  const auto router = router_;
  route_->handler(std::move(request),
                  Responder(std::make_shared<PendingAnswer>(host_.loop, weak_from_this())));
  if (state_ == State::kWaiting && hangup_) close();
}

// The socket is ours again. What libsoup has read beyond the request is lost with its buffers: a
// client that pipelines (RFC 9112 §9.3.2) gets this answer and has its connection closed.
void Connection::take_back() {
  served_ = true;
  signals_.clear();
  const auto message = std::exchange(message_, {});
  const auto stolen = adopt(soup_server_message_steal_connection(message.get()));
  char byte = 0;
  const gssize more = g_pollable_input_stream_read_nonblocking(
      G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(stolen.get())), &byte, 1, nullptr,
      nullptr);
  if (more > 0) asked_.keep_alive = false;
  if (more == 0) hangup_ = true;
}

Request Connection::make_request() {
  SoupServerMessage* message = message_.get();
  const char* query = g_uri_get_query(soup_server_message_get_uri(message));
  Request request{.method = soup_server_message_get_method(message),
                  .path = std::move(path_),
                  .query = query ? query : "",
                  .params = std::move(params_),
                  .body = std::exchange(body_, {}),
                  .headers = {}};
  SoupMessageHeadersIter iterator;
  soup_message_headers_iter_init(&iterator, soup_server_message_get_request_headers(message));
  const char* name = nullptr;
  const char* value = nullptr;
  while (soup_message_headers_iter_next(&iterator, &name, &value)) {
    const OwnedString lower(g_ascii_strdown(name, -1));
    std::string& slot = request.headers[lower.get()];
    slot += slot.empty() ? "" : ", ";
    slot += value;
  }
  return request;
}

void Connection::leave_waiting() {
  if (state_ == State::kWaiting) --host_.pending;
}

void Connection::answer(Response response) {
  if (state_ != State::kWaiting) return;
  leave_waiting();
  send(std::move(response));
}

void Connection::send(Response response) {
  Answer answer = make_answer(std::move(response), asked_);
  route_ = nullptr;
  router_.reset();
  outbox_.add(std::move(answer.head));
  outbox_.add(std::move(answer.body), answer.offset, answer.size);
  set_state(State::kWriting);
  flush();
}

void Connection::flush() {
  const Outbox::Flushed flushed = outbox_.flush(fd_);
  if (flushed.bytes > 0) progress_ = Clock::now();
  if (queue_) queue_->leave(flushed.bytes);
  if (flushed.result == Outbox::Result::kBroken) return close();
  if (flushed.result == Outbox::Result::kBlocked || state_ != State::kWriting) return;
  if (asked_.keep_alive) return become_idle();
  ::shutdown(fd_, SHUT_WR);
  set_state(State::kDraining);
  drain();
}

void Connection::become_idle() {
  set_state(State::kIdle);
  // Not from here: we may be in the middle of what libsoup does with the last one.
  if (readable_ || hangup_) {
    host_.loop->post([self = weak_from_this()] {
      if (const auto alive = self.lock()) alive->take_input();
    });
  }
}

void Connection::drain() {
  std::array<char, 8192> bytes;
  while (true) {
    const ssize_t size = recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return close();
    drained_ += static_cast<std::size_t>(size);
    if (drained_ > kDrainBytes) return close();
  }
}

void Connection::start_stream(Headers headers, std::shared_ptr<StreamQueue> queue) {
  if (state_ != State::kWaiting) {
    queue->close();
    return;
  }
  leave_waiting();
  Response response{.content_type = "text/event-stream", .headers = std::move(headers)};
  response.set_header("Cache-Control", "no-store");
  Bytes head = make_stream_head(response);
  queue_ = std::move(queue);
  asked_.keep_alive = false;
  set_state(State::kStreaming);
  if (queue_->enter(head->size())) write_stream(std::move(head));
}

void Connection::write_stream(Bytes bytes) {
  if (state_ != State::kStreaming) return;
  if (outbox_.empty()) progress_ = Clock::now();
  outbox_.add(std::move(bytes));
  flush();
}

void Connection::end_stream() {
  if (state_ != State::kStreaming) return;
  queue_->close();
  set_state(State::kWriting);
  flush();
}

// A socket that libsoup has is only cut: libsoup then closes it.
void Connection::close() {
  const auto self = shared_from_this();
  if (state_ == State::kReading) {
    ::shutdown(fd_, SHUT_RDWR);
    return;
  }
  leave_waiting();
  set_state(State::kClosed);
  g_io_stream_close(stream(), nullptr, nullptr);
  host_.remove(id_);
}

void Connection::check_deadlines(Clock::time_point now) {
  const Server::Options& options = host_.options;
  switch (state_) {
    case State::kIdle:
      if (now - since_ > (served_ ? options.idle_timeout : options.request_timeout)) close();
      break;
    case State::kReading:
      if (now - since_ > options.request_timeout) close();
      break;
    case State::kWriting:
      if (now - progress_ > options.write_timeout) close();
      break;
    case State::kStreaming:
      if (!outbox_.empty() && now - progress_ > options.write_timeout) {
        close();
      } else if (outbox_.empty() && now - progress_ > kPingPeriod) {
        Bytes ping = make_bytes(": ping\n\n");
        if (queue_->enter(ping->size())) write_stream(std::move(ping));
      }
      break;
    case State::kDraining:
      if (now - since_ > kDrainTime) close();
      break;
    case State::kWaiting:  // Whoever holds the Responder answers, or drops it.
    case State::kClosed:
      break;
  }
}

}  // namespace spacecast::http
