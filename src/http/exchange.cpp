#include "http/exchange.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <variant>

#include "http/event_stream.h"
#include "http/headers.h"
#include "http/range.h"
#include "http/uri.h"

namespace spacecast::http {
namespace {

using namespace std::chrono_literals;

// After an early answer the client may still be sending: reading on for a while lets it see the
// answer, which a connection closed over unread bytes would take from it (RFC 9112 §9.6).
constexpr auto kDrainTime = 2s;
constexpr std::size_t kDrainBytes = 256 * 1024;
constexpr auto kPingPeriod = 15s;

// The server's half of a Responder.
class PendingAnswer final : public Responder::Impl {
 public:
  PendingAnswer(std::shared_ptr<Loop> loop, std::weak_ptr<Exchange> exchange)
      : loop_(std::move(loop)), exchange_(std::move(exchange)) {}

  void respond(Response response) override {
    // On the loop there is no need for another turn. Other threads must not lock the weak pointer:
    // they could become the last owner.
    if (loop_->on_thread()) {
      if (auto alive = exchange_.lock()) alive->answer(std::move(response));
      return;
    }
    loop_->post([exchange = exchange_, response = std::move(response)]() mutable {
      if (auto alive = exchange.lock()) alive->answer(std::move(response));
    });
  }

  std::shared_ptr<EventStream> start_event_stream(Headers headers) override {
    auto queue = std::make_shared<StreamQueue>();
    auto stream = std::make_shared<SoupEventStream>(loop_, exchange_, queue);
    loop_->post([exchange = exchange_, headers = std::move(headers), queue]() mutable {
      if (auto alive = exchange.lock()) {
        alive->start_stream(std::move(headers), std::move(queue));
      } else {
        queue->close();
      }
    });
    return stream;
  }

  bool client_gone() const override { return exchange_.expired(); }

 private:
  std::shared_ptr<Loop> loop_;
  std::weak_ptr<Exchange> exchange_;
};

Ref<GBytes> share(Bytes bytes) {
  const ByteVector& data = *bytes;
  return adopt(g_bytes_new_with_free_func(
      data.data(), data.size(), [](gpointer owner) { delete static_cast<Bytes*>(owner); },
      new Bytes(std::move(bytes))));
}

void replace_header(SoupMessageHeaders* headers, const std::string& name,
                    const std::string& value) {
  soup_message_headers_replace(headers, name.c_str(), value.c_str());
}

}  // namespace

Exchange::Exchange(ExchangeHost& host, SoupServerMessage* message)
    : host_(host),
      message_(message),
      socket_(soup_server_message_get_socket(message)),
      since_(Clock::now()),
      progress_(since_) {
  // Also for the answers that libsoup gives by itself, to a request it cannot parse.
  SoupMessageHeaders* headers = soup_server_message_get_response_headers(message);
  for (const auto& [name, value] : cors_headers()) replace_header(headers, name, value);

  const auto on = [&](const char* signal, auto handler) {
    signals_.push_back(Signal::connect(message, signal, std::move(handler)));
  };
  on("got-headers", [this](SoupServerMessage*) { on_headers(); });
  on("got-chunk", [this](SoupServerMessage*, GBytes* chunk) { on_chunk(chunk); });
  on("wrote-body-data", [this](SoupServerMessage*, guint bytes) {
    progress_ = Clock::now();
    if (stream_) stream_->leave(bytes);
  });
  on("wrote-body", [this](SoupServerMessage*) { on_body_written(); });
  // Either one ends the exchange; "finished" is missing where no request line ever came.
  on("finished", [this](SoupServerMessage*) { host_.remove(message_.get()); });
  on("disconnected", [this](SoupServerMessage*) { host_.remove(message_.get()); });
}

Exchange::~Exchange() {
  leave_waiting();
  if (stream_) stream_->close();
}

void Exchange::set_state(State state) {
  state_ = state;
  since_ = Clock::now();
  progress_ = since_;
}

std::string Exchange::request_header(const char* name) const {
  const char* value =
      soup_message_headers_get_list(soup_server_message_get_request_headers(message_.get()), name);
  return value ? value : "";
}

// The whole head is here. What can be refused is refused now, before the body is read.
void Exchange::on_headers() {
  soup_message_body_set_accumulate(soup_server_message_get_request_body(message_.get()), FALSE);
  method_ = soup_server_message_get_method(message_.get());
  GUri* uri = soup_server_message_get_uri(message_.get());
  const char* raw_path = g_uri_get_path(uri);
  const std::string_view path = *raw_path ? raw_path : "/";

  std::optional<Response> refusal;
  const auto segments = split_path(path);
  if (!request_header("Transfer-Encoding").empty() && !request_header("Content-Length").empty()) {
    // RFC 9112 §6.3: two lengths are how requests are smuggled past a proxy.
    refusal = problem(400, "a request has Content-Length or Transfer-Encoding, not both");
  } else if (soup_server_message_get_status(message_.get()) != 0) {
    refusal = problem(400, "the request target is not an http URL of this server");
  } else if (soup_server_message_is_options_ping(message_.get())) {
    refusal = options_response("GET, HEAD, POST, PATCH, DELETE, OPTIONS", {});
  } else if (!segments) {
    refusal = problem(400, "the path is not percent-encoded UTF-8 without \".\" and \"..\"");
  } else if (match_ = host_.router()->match(method_, *segments); !match_) {
    refusal = problem(404, "nothing is here");
  } else if (method_ == "OPTIONS" && !match_->route) {
    refusal = options_response(match_->allow, match_->options_headers);
  } else if (!match_->route) {
    refusal = problem(405, "allowed here: " + match_->allow);
    refusal->set_header("Allow", match_->allow);
  }

  SoupMessageHeaders* headers = soup_server_message_get_request_headers(message_.get());
  const bool chunked = soup_message_headers_get_encoding(headers) == SOUP_ENCODING_CHUNKED;
  const goffset length = soup_message_headers_get_content_length(headers);
  const std::size_t body_max = match_ && match_->route ? match_->route->body_max : 0;
  if (!refusal && length > static_cast<goffset>(body_max)) {
    refusal = problem(413, "the body is larger than " + std::to_string(body_max) + " bytes");
  }
  if (segments) {
    for (const std::string& segment : *segments) path_ += "/" + segment;
  }
  if (!refusal) return;

  const bool expects =
      (soup_message_headers_get_expectations(headers) & SOUP_EXPECTATION_CONTINUE) != 0;
  if (expects || (!chunked && length == 0)) {
    // Nothing of a body is under way: libsoup answers at once.
    apply(std::move(*refusal));
    set_state(State::kWriting);
  } else {
    answer_early(*refusal);
  }
}

void Exchange::on_chunk(GBytes* chunk) {
  const std::size_t size = g_bytes_get_size(chunk);
  if (state_ == State::kDraining) {
    drained_ += size;
    if (drained_ > kDrainBytes) cut();
    return;
  }
  if (state_ != State::kReading) return;
  if (body_.size() + size > match_->route->body_max) {
    answer_early(problem(
        413, "the body is larger than " + std::to_string(match_->route->body_max) + " bytes"));
    return;
  }
  body_.append(static_cast<const char*>(g_bytes_get_data(chunk, nullptr)), size);
}

// Written past libsoup, which would first read all that the client has to send. The few hundred
// bytes fit into the empty send buffer; what does not is lost to a client that was refused anyway.
void Exchange::answer_early(const Response& response) {
  const std::string text = serialize_final(response);
  g_socket_send_with_blocking(socket_.get(), text.data(), text.size(), FALSE, nullptr, nullptr);
  g_socket_shutdown(socket_.get(), FALSE, TRUE, nullptr);
  body_.clear();
  set_state(State::kDraining);
}

void Exchange::on_request_read() {
  if (state_ != State::kReading) {
    // Answered in on_headers(). A drained message needs some status; it reaches nobody.
    if (state_ == State::kDraining) {
      soup_server_message_set_status(message_.get(), SOUP_STATUS_BAD_REQUEST, nullptr);
    }
    return;
  }
  // Until the handler's answer is here; with a status set libsoup looks for no handler of its own.
  soup_server_message_set_status(message_.get(), SOUP_STATUS_INTERNAL_SERVER_ERROR, nullptr);
  set_state(State::kHandling);
  ++host_.pending;
  // The handler may answer, and the answer end everything, before it returns.
  const auto self = shared_from_this();
  match_->route->handler(make_request(),
                         Responder(std::make_shared<PendingAnswer>(host_.loop, weak_from_this())));
  if (state_ != State::kHandling) return;

  state_ = State::kWaiting;
  soup_server_message_pause(message_.get());
  watch_ = host_.peers.add(g_socket_get_fd(socket_.get()), PeerWatch::What::kHangup,
                           [this](bool) { abandon(); });
}

Request Exchange::make_request() {
  const char* query = g_uri_get_query(soup_server_message_get_uri(message_.get()));
  Request request{.method = method_,
                  .path = path_,
                  .query = query ? query : "",
                  .params = std::move(match_->params),
                  .body = std::move(body_),
                  .headers = {}};
  SoupMessageHeadersIter iterator;
  soup_message_headers_iter_init(&iterator,
                                 soup_server_message_get_request_headers(message_.get()));
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

bool Exchange::keeps_alive() const {
  return soup_server_message_get_http_version(message_.get()) == SOUP_HTTP_1_1 &&
         !list_contains(request_header("Connection"), "close");
}

// The answer onto libsoup's message.
void Exchange::apply(Response response) {
  SoupServerMessage* message = message_.get();
  SoupMessageHeaders* headers = soup_server_message_get_response_headers(message);
  for (const auto& [name, value] : cors_headers()) replace_header(headers, name, value);

  Ref<GBytes> body;
  if (response.body && !response.body->empty()) body = share(response.body);
  if (response.ranges) apply_range(response, body);
  for (const auto& [name, value] : response.headers) {
    soup_message_headers_append(headers, name.c_str(), value.c_str());
  }
  if (!response.content_type.empty()) {
    replace_header(headers, "Content-Type", response.content_type);
  }
  if (soup_message_headers_get_one(headers, "Date") == nullptr) {
    // libsoup drops its own Date with the headers of a "100 Continue".
    const Owned<GDateTime, g_date_time_unref> now(g_date_time_new_now_utc());
    const OwnedString text(soup_date_time_to_string(now.get(), SOUP_DATE_HTTP));
    replace_header(headers, "Date", text.get());
  }
  if (!keeps_alive()) replace_header(headers, "Connection", "close");
  // A 304 says nothing about a length that it does not know (RFC 9110 §8.6).
  if (response.status == 304) soup_message_headers_set_encoding(headers, SOUP_ENCODING_NONE);

  SoupMessageBody* sink = soup_server_message_get_response_body(message);
  soup_message_body_truncate(sink);
  // Also keeps libsoup's range handling away, see range.h.
  soup_message_body_set_accumulate(sink, FALSE);
  if (body && response.status != 304) soup_message_body_append_bytes(sink, body.get());
  const std::string phrase(reason_phrase(response.status));
  soup_server_message_set_status(message, static_cast<guint>(response.status), phrase.c_str());
}

void Exchange::apply_range(Response& response, Ref<GBytes>& body) {
  if (response.status != 200 || !body) return;
  response.set_header("Accept-Ranges", "bytes");
  // If-Range would need a validator to compare; the whole body is always a right answer to it.
  const std::string header = request_header("Range");
  if (header.empty() || !request_header("If-Range").empty() || method_ != "GET") return;
  const std::size_t size = g_bytes_get_size(body.get());
  const auto range = parse_range(header, size);
  if (std::holds_alternative<NotSatisfiable>(range)) {
    response.status = 416;
    response.content_type.clear();
    response.set_header("Content-Range", "bytes */" + std::to_string(size));
    response.set_header("Cache-Control", "no-store");
    body.reset();
  } else if (const auto* part = std::get_if<ByteRange>(&range)) {
    response.status = 206;
    response.set_header("Content-Range", "bytes " + std::to_string(part->first) + "-" +
                                             std::to_string(part->last) + "/" +
                                             std::to_string(size));
    body = adopt(g_bytes_new_from_bytes(body.get(), part->first, part->last - part->first + 1));
  }
}

void Exchange::leave_waiting() {
  if (watch_ != 0) host_.peers.remove(std::exchange(watch_, 0));
  if (state_ == State::kHandling || state_ == State::kWaiting) --host_.pending;
}

void Exchange::answer(Response response) {
  if (state_ != State::kHandling && state_ != State::kWaiting) return;
  const bool paused = state_ == State::kWaiting;
  leave_waiting();
  apply(std::move(response));
  set_state(State::kWriting);
  if (paused) soup_server_message_unpause(message_.get());
}

void Exchange::start_stream(Headers headers, std::shared_ptr<StreamQueue> queue) {
  if (state_ != State::kWaiting) {
    queue->close();
    return;
  }
  leave_waiting();
  apply({.status = 200,
         .content_type = "text/event-stream",
         .headers = std::move(headers),
         .body = nullptr});
  SoupMessageHeaders* response = soup_server_message_get_response_headers(message_.get());
  soup_message_headers_set_encoding(response, SOUP_ENCODING_EOF);
  replace_header(response, "Cache-Control", "no-store");
  replace_header(response, "Connection", "close");
  stream_ = std::move(queue);
  set_state(State::kStreaming);
  watch_ = host_.peers.add(g_socket_get_fd(socket_.get()), PeerWatch::What::kHangup,
                           [this](bool) { abandon(); });
  soup_server_message_unpause(message_.get());
}

void Exchange::write_stream(Bytes bytes) {
  if (state_ != State::kStreaming) return;
  if (stream_->empty()) progress_ = Clock::now();
  const Ref<GBytes> chunk = share(std::move(bytes));
  soup_message_body_append_bytes(soup_server_message_get_response_body(message_.get()),
                                 chunk.get());
  soup_server_message_unpause(message_.get());
}

void Exchange::end_stream() {
  if (state_ != State::kStreaming) return;
  leave_waiting();
  stream_->close();
  set_state(State::kWriting);
  soup_message_body_complete(soup_server_message_get_response_body(message_.get()));
  soup_server_message_unpause(message_.get());
}

void Exchange::on_body_written() {
  if (state_ == State::kWriting && keeps_alive() && !stream_) hold();
}

void Exchange::hold() {
  set_state(State::kHeld);
  // The answer is out: what it was made of need not wait for the client's next request.
  match_.reset();
  soup_server_message_pause(message_.get());
  watch_ = host_.peers.add(g_socket_get_fd(socket_.get()), PeerWatch::What::kDataOrHangup,
                           [this](bool hangup) { on_next_request_or_hangup(hangup); });
}

void Exchange::on_next_request_or_hangup(bool hangup) {
  // Only a whole line makes libsoup open a new message, which then has its own end; less than that
  // followed by a hangup would leak the connection again.
  std::array<char, 8192> start;
  const ssize_t size =
      recv(g_socket_get_fd(socket_.get()), start.data(), start.size(), MSG_PEEK | MSG_DONTWAIT);
  const bool has_line =
      size > 0 && (std::memchr(start.data(), '\n', static_cast<std::size_t>(size)) != nullptr ||
                   size == static_cast<ssize_t>(start.size()));
  if (has_line) {
    finish();
  } else if (hangup || size == 0) {
    abandon();
  }
}

void Exchange::cut() {
  g_socket_shutdown(socket_.get(), TRUE, TRUE, nullptr);
}

// The client is gone or has had its time.
void Exchange::abandon() {
  replace_header(soup_server_message_get_response_headers(message_.get()), "Connection", "close");
  cut();
  finish();
}

// Lets libsoup end a paused message.
void Exchange::finish() {
  leave_waiting();
  if (stream_) {
    stream_->close();
    // Without its end libsoup would go on waiting for more of the body.
    soup_message_body_complete(soup_server_message_get_response_body(message_.get()));
  }
  set_state(State::kEnding);
  soup_server_message_unpause(message_.get());
}

void Exchange::check_deadlines(Clock::time_point now) {
  switch (state_) {
    case State::kReading:
      if (now - since_ > host_.options.request_timeout) cut();
      break;
    case State::kWriting:
    case State::kEnding:
      if (now - progress_ > host_.options.write_timeout) cut();
      break;
    case State::kStreaming:
      if (!stream_->empty() && now - progress_ > host_.options.write_timeout) {
        abandon();
      } else if (stream_->empty() && now - progress_ > kPingPeriod) {
        Bytes ping = make_bytes(": ping\n\n");
        if (stream_->enter(ping->size())) write_stream(std::move(ping));
      }
      break;
    case State::kHeld:
      if (now - since_ > host_.options.idle_timeout) abandon();
      break;
    case State::kDraining:
      if (now - since_ > kDrainTime) cut();
      break;
    case State::kHandling:
    case State::kWaiting:
      break;  // Whoever holds the Responder answers, or drops it.
  }
}

}  // namespace spacecast::http
