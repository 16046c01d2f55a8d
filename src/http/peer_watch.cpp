#include "http/peer_watch.h"

#include <glib-unix.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>

namespace spacecast::http {

PeerWatch::PeerWatch(const Loop& loop) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  g_assert(epoll_ >= 0);
  source_ = adopt(g_unix_fd_source_new(epoll_, G_IO_IN));
  const GUnixFDSourceFunc on_ready = [](gint, GIOCondition, gpointer self) -> gboolean {
    static_cast<PeerWatch*>(self)->dispatch();
    return G_SOURCE_CONTINUE;
  };
  g_source_set_callback(source_.get(), G_SOURCE_FUNC(on_ready), this, nullptr);
  g_source_attach(source_.get(), loop.context());
}

PeerWatch::~PeerWatch() {
  g_source_destroy(source_.get());
  close(epoll_);
}

PeerWatch::Id PeerWatch::add(int fd, What what, Callback callback) {
  const Id id = next_id_++;
  epoll_event event{};
  // Edge-triggered: bytes that are not read yet must not wake the loop for ever.
  event.events = EPOLLET | EPOLLRDHUP;
  if (what == What::kDataOrHangup) event.events |= EPOLLIN;
  event.data.u64 = id;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return 0;
  entries_.emplace(id, Entry{fd, std::move(callback)});
  return id;
}

void PeerWatch::remove(Id id) {
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return;
  epoll_ctl(epoll_, EPOLL_CTL_DEL, entry->second.fd, nullptr);
  entries_.erase(entry);
}

void PeerWatch::dispatch() {
  std::array<epoll_event, 256> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    // A copy, as the kernel's struct is packed. A callback may have removed any entry, its own too.
    const Id id = event.data.u64;
    const auto entry = entries_.find(id);
    if (entry == entries_.end()) continue;
    const Callback callback = entry->second.callback;
    callback((event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
  }
}

}  // namespace spacecast::http
