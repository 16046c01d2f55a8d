#include "app/admin.h"

#include <utility>

namespace spacecast {
namespace {

constexpr const char* kPlainText = "text/plain; charset=utf-8";
// Prometheus' text exposition format.
constexpr const char* kMetricsText = "text/plain; version=0.0.4; charset=utf-8";

http::Response text(int status, const char* content_type, std::string_view body) {
  return {.status = status,
          .content_type = content_type,
          .headers = {{"Cache-Control", "no-store"}},
          .body = make_bytes(body)};
}

}  // namespace

Result<std::unique_ptr<http::Server>> start_admin(const Address& address,
                                                  std::function<bool()> ready,
                                                  std::shared_ptr<const Metrics> metrics) {
  auto server =
      http::Server::create({.host = address.host, .port = address.port, .thread_name = "admin"});
  if (!server) return server;
  (*server)->add({.method = "GET",
                  .pattern = "/healthz",
                  .handler = [](http::Request, http::Responder responder) {
                    responder.respond(text(200, kPlainText, "alive\n"));
                  }});
  (*server)->add({.method = "GET",
                  .pattern = "/readyz",
                  .handler = [ready = std::move(ready)](http::Request, http::Responder responder) {
                    responder.respond(ready() ? text(200, kPlainText, "ready\n")
                                              : text(503, kPlainText, "nothing to play yet\n"));
                  }});
  (*server)->add(
      {.method = "GET",
       .pattern = "/metrics",
       .handler = [metrics = std::move(metrics)](http::Request, http::Responder responder) {
         responder.respond(text(200, kMetricsText, metrics->text()));
       }});
  (*server)->start();
  return server;
}

}  // namespace spacecast
