#include "app/whip_client.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace spacecast {
namespace {

constexpr gsize kBodyMax = gsize{64} * 1024;
constexpr unsigned kTimeoutSeconds = 10;
using OwnedUri = Owned<GUri, g_uri_unref>;

// What a problem document says, else the status line's own words.
std::string reason(SoupMessage* message, const std::string& body) {
  const auto problem = nlohmann::json::parse(body, nullptr, false);
  if (problem.is_object()) {
    for (const char* key : {"detail", "title"}) {
      const auto text = problem.find(key);
      if (text != problem.end() && text->is_string()) return text->get<std::string>();
    }
  }
  const char* phrase = soup_message_get_reason_phrase(message);
  return phrase ? phrase : "no reason given";
}

// The session's URL may be relative to the request's (RFC 9725 §4.2).
std::string session_url(SoupMessage* message) {
  const char* location =
      soup_message_headers_get_one(soup_message_get_response_headers(message), "Location");
  if (!location) return {};
  const OwnedUri uri(g_uri_parse_relative(soup_message_get_uri(message), location,
                                          GUriFlags(G_URI_FLAGS_ENCODED), nullptr));
  return uri ? OwnedString(g_uri_to_string(uri.get())).get() : std::string();
}

}  // namespace

// One request and its whole bounded answer.
struct WhipClient::Call {
  Ref<SoupMessage> message;
  Ref<SoupSession> session;
  Ref<GCancellable> cancellable;
  std::function<void(Result<std::string> body)> done;
  Ref<GInputStream> stream;
  std::string body = std::string(kBodyMax, '\0');

  [[nodiscard]] std::string name() const {
    const OwnedString uri(g_uri_to_string(soup_message_get_uri(message.get())));
    return fmt::format("{} {}", soup_message_get_method(message.get()), uri.get());
  }

  void finish(Result<std::string> result) const {
    if (!g_cancellable_is_cancelled(cancellable.get())) done(std::move(result));
  }

  static void on_sent(GObject*, GAsyncResult* result, gpointer data) {
    std::unique_ptr<Call> call(static_cast<Call*>(data));
    ErrorOut error;
    call->stream = adopt(soup_session_send_finish(call->session.get(), result, error.out()));
    if (!call->stream) {
      call->finish(fail(ErrorCode::kIo, fmt::format("{}: {}", call->name(), error.message())));
      return;
    }
    Call* reading = call.release();
    g_input_stream_read_all_async(reading->stream.get(), reading->body.data(), kBodyMax,
                                  G_PRIORITY_DEFAULT, reading->cancellable.get(), on_read, reading);
  }

  static void on_read(GObject*, GAsyncResult* result, gpointer data) {
    const std::unique_ptr<Call> call(static_cast<Call*>(data));
    ErrorOut error;
    gsize size = 0;
    if (!g_input_stream_read_all_finish(call->stream.get(), result, &size, error.out())) {
      call->finish(fail(ErrorCode::kIo, fmt::format("{}: {}", call->name(), error.message())));
      return;
    }
    call->body.resize(size);
    call->finish(std::move(call->body));
  }
};

WhipClient::WhipClient(std::string token)
    : token_(std::move(token)),
      session_(adopt(soup_session_new_with_options("timeout", kTimeoutSeconds, nullptr))),
      cancellable_(adopt(g_cancellable_new())) {}

WhipClient::~WhipClient() {
  g_cancellable_cancel(cancellable_.get());
}

void WhipClient::send(std::unique_ptr<Call> call) {
  if (!call->message) {
    call->done(fail(ErrorCode::kInvalidArgument, "not an http or https URL"));
    return;
  }
  if (!token_.empty()) {
    soup_message_headers_append(soup_message_get_request_headers(call->message.get()),
                                "Authorization", ("Bearer " + token_).c_str());
  }
  call->session = session_;
  call->cancellable = cancellable_;
  Call* sending = call.release();
  soup_session_send_async(session_.get(), sending->message.get(), G_PRIORITY_DEFAULT,
                          cancellable_.get(), Call::on_sent, sending);
}

void WhipClient::post(const std::string& url, const std::string& offer,
                      std::function<void(Result<Session>)> done) {
  auto call = std::make_unique<Call>();
  call->message = adopt(soup_message_new(SOUP_METHOD_POST, url.c_str()));
  SoupMessage* message = call->message.get();
  if (message) {
    const auto bytes = adopt(g_bytes_new(offer.data(), offer.size()));
    soup_message_set_request_body_from_bytes(message, "application/sdp", bytes.get());
    soup_message_headers_append(soup_message_get_request_headers(message), "Accept",
                                "application/sdp, application/problem+json");
  }
  call->done = [message, url, done = std::move(done)](Result<std::string> body) {
    if (!body) {
      done(std::unexpected(body.error()));
      return;
    }
    const int status = static_cast<int>(soup_message_get_status(message));
    if (status != SOUP_STATUS_CREATED && status != SOUP_STATUS_OK) {
      done(fail(ErrorCode::kInvalidArgument,
                fmt::format("POST {}: {} {}", url, status, reason(message, *body))));
      return;
    }
    done(Session{status, session_url(message), std::move(*body)});
  };
  send(std::move(call));
}

void WhipClient::remove(const std::string& session_url, std::function<void(Result<void>)> done) {
  auto call = std::make_unique<Call>();
  call->message = adopt(soup_message_new(SOUP_METHOD_DELETE, session_url.c_str()));
  call->done = [message = call->message.get(), session_url,
                done = std::move(done)](Result<std::string> body) {
    if (!body) {
      done(std::unexpected(body.error()));
      return;
    }
    const int status = static_cast<int>(soup_message_get_status(message));
    if (SOUP_STATUS_IS_SUCCESSFUL(status) || status == SOUP_STATUS_NOT_FOUND ||
        status == SOUP_STATUS_GONE) {
      done({});
      return;
    }
    done(fail(ErrorCode::kIo,
              fmt::format("DELETE {}: {} {}", session_url, status, reason(message, *body))));
  };
  send(std::move(call));
}

}  // namespace spacecast
