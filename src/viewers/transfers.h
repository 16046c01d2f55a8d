// One viewer's HTTP: libcurl's multi handle with its connections, driven by an epoll instance that
// all share.
#pragma once

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/error.h"
#include "viewers/player.h"

namespace spacecast::viewers {

class Transfers {
 public:
  struct Options {
    bool http2 = false;
    bool any_certificate = false;
  };
  using Done = std::function<void(const Request&, const Answer&)>;

  // `done` is called from serve(), never from start(). `key` is what epoll returns with each of the
  // sockets, together with the socket: key << 32 | socket.
  Transfers(Options options, int epoll, std::uint32_t key, Done done);
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;
  ~Transfers();

  void start(Request request);
  // `socket` has events (EPOLLIN …), or, with CURL_SOCKET_TIMEOUT, time has passed.
  void serve(curl_socket_t socket, std::uint32_t events);
  // When to call serve() at the latest; CLOCK_MONOTONIC in ms, -1: only for sockets.
  [[nodiscard]] std::int64_t deadline_ms() const { return deadline_ms_; }

 private:
  struct Transfer;

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known);
  static int on_timer(CURLM*, long timeout_ms, void* self);
  [[nodiscard]] Transfer* idle();
  void finish(CURL* easy, CURLcode result);

  Options options_;
  int epoll_;
  std::uint32_t key_;
  Done done_;
  CURLM* multi_;
  std::int64_t deadline_ms_ = -1;
  std::vector<std::unique_ptr<Transfer>> transfers_;
};

}  // namespace spacecast::viewers
