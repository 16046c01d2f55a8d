#include "http/socket_poller.h"

#include <glib-unix.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace spacecast::http {

SocketPoller::SocketPoller(const Loop& loop, Callback callback)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), callback_(std::move(callback)) {
  if (epoll_ < 0) g_error("the kernel gives no epoll set: %s", g_strerror(errno));
  source_ = adopt(g_unix_fd_source_new(epoll_, G_IO_IN));
  const GUnixFDSourceFunc on_ready = [](gint, GIOCondition, gpointer self) -> gboolean {
    static_cast<SocketPoller*>(self)->dispatch();
    return G_SOURCE_CONTINUE;
  };
  g_source_set_callback(source_.get(), G_SOURCE_FUNC(on_ready), this, nullptr);
  g_source_attach(source_.get(), loop.context());
}

SocketPoller::~SocketPoller() {
  g_source_destroy(source_.get());
  close(epoll_);
}

bool SocketPoller::add(int fd, Id id) {
  epoll_event event{};
  event.events = EPOLLET | EPOLLIN | EPOLLOUT | EPOLLRDHUP;
  event.data.u64 = id;
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

// What is left over is told in the next turn: the set stays readable.
void SocketPoller::dispatch() {
  std::array<epoll_event, 512> ready;
  const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = ready[static_cast<std::size_t>(i)];
    const std::uint32_t bits = event.events;
    callback_(event.data.u64, {.readable = (bits & EPOLLIN) != 0,
                               .writable = (bits & EPOLLOUT) != 0,
                               .hangup = (bits & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0});
  }
}

}  // namespace spacecast::http
