// Watches connections that wait for us rather than for the client: a parked request, an event
// stream, the pause between two requests. libsoup 3.2 does not look at the socket of a paused
// message, so nobody else would notice that the client is gone.
//
// One epoll set in one GSource, so that ten thousand parked requests add nothing to the loop's
// poll(). Lives on the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>

#include "glibx/loop.h"

namespace spacecast::http {

class PeerWatch {
 public:
  enum class What {
    kHangup,        // The peer closed or shut down its sending side, or the connection broke.
    kDataOrHangup,  // That, or new bytes came; also once at the start where bytes lie there
                    // already.
  };
  // `hangup` is false where there are only bytes to read.
  using Callback = std::function<void(bool hangup)>;
  using Id = std::uint64_t;

  explicit PeerWatch(const Loop& loop);
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;
  ~PeerWatch();

  // `callback` may be called many times, until remove(). 0 where the kernel refuses.
  [[nodiscard]] Id add(int fd, What what, Callback callback);
  // Before the descriptor is closed.
  void remove(Id id);

 private:
  struct Entry {
    int fd;
    Callback callback;
  };
  void dispatch();

  int epoll_ = -1;
  Id next_id_ = 1;
  std::unordered_map<Id, Entry> entries_;
  Ref<GSource> source_;
};

}  // namespace spacecast::http
