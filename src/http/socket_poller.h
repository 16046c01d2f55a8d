// Watches all sockets of a server with one epoll set in one GSource, so that ten thousand
// connections add nothing to a turn of the loop in which nothing happens to them. GLib walks every
// source in every turn.
//
// Edge-triggered, registered once for a socket's whole life: who is told that something can be read
// or written has to try until it cannot, or remember it. Lives on the loop's thread.
#pragma once

#include <cstdint>
#include <functional>

#include "glibx/loop.h"

namespace spacecast::http {

class SocketPoller {
 public:
  using Id = std::uint64_t;
  struct Events {
    bool readable = false;  // Bytes or the end of the stream.
    bool writable = false;
    bool hangup = false;  // The peer has closed its sending side, or the connection broke.
  };
  using Callback = std::function<void(Id, Events)>;

  SocketPoller(const Loop& loop, Callback callback);
  SocketPoller(const SocketPoller&) = delete;
  SocketPoller& operator=(const SocketPoller&) = delete;
  ~SocketPoller();

  // Until the socket is closed; events under way then may still be told. False where the kernel
  // refuses.
  [[nodiscard]] bool add(int fd, Id id);

 private:
  void dispatch();

  const int epoll_;
  const Callback callback_;
  Ref<GSource> source_;
};

}  // namespace spacecast::http
