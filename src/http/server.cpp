#include "http/server.h"

#include <libsoup/soup.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <unordered_map>

#include "base/mutex.h"
#include "http/connection.h"
#include "http/socket_poller.h"

namespace spacecast::http {
namespace {

constexpr int kListenBacklog = 1024;

Result<Ref<GSocket>> listen_on(const Server::Options& options) {
  const auto describe = [&](const char* what) {
    return "cannot listen on " + options.host + ":" + std::to_string(options.port) + ": " + what;
  };
  if (!g_hostname_is_ip_address(options.host.c_str())) {
    return fail(ErrorCode::kInvalidArgument, describe("the host is to be a numeric address"));
  }
  ErrorOut error;
  const auto address =
      adopt(g_inet_socket_address_new_from_string(options.host.c_str(), options.port));
  auto socket = adopt(g_socket_new(g_socket_address_get_family(address.get()), G_SOCKET_TYPE_STREAM,
                                   G_SOCKET_PROTOCOL_TCP, error.out()));
  if (!socket) return fail(ErrorCode::kIo, describe(error.message()));
  g_socket_set_listen_backlog(socket.get(), kListenBacklog);
  if (!g_socket_bind(socket.get(), address.get(), TRUE, error.out()) ||
      !g_socket_listen(socket.get(), error.out())) {
    return fail(ErrorCode::kIo, describe(error.message()));
  }
  return socket;
}

std::size_t connection_limit(std::size_t wanted) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  // The other half is for files, pipes and the speakers' sockets.
  return std::min<std::size_t>(wanted, limit.rlim_cur / 2);
}

class SoupBackedServer final : public Server {
 public:
  SoupBackedServer(Options options, Ref<GSocket> socket)
      : socket_(std::move(socket)),
        address_(adopt(g_socket_get_local_address(socket_.get(), nullptr))),
        loop_(Loop::spawn(options.thread_name)),
        host_{.loop = loop_,
              .options = std::move(options),
              .router = [this] { return router(); },
              .read = [this](Connection& connection) { read(connection); },
              .remove = [this](SocketPoller::Id id) { remove(id); }},
        max_connections_(connection_limit(host_.options.max_connections)),
        poller_(*loop_, [this](SocketPoller::Id id, SocketPoller::Events events) {
          on_events(id, events);
        }) {}

  ~SoupBackedServer() override {
    loop_->post([this] {
      sweep_.stop();
      request_started_ = {};
      connections_.clear();
      if (server_) soup_server_disconnect(server_.get());
      server_.reset();
    });
    loop_->quit_and_join();
  }

  void start() override {
    loop_->post([this] {
      server_ = adopt(SOUP_SERVER(g_object_new(SOUP_TYPE_SERVER, "raw-paths", TRUE, nullptr)));
      request_started_ = Signal::connect(
          server_.get(), "request-started",
          [this](SoupServer*, SoupServerMessage* message) { reading_->on_message(message); });
      if (!poller_.add(g_socket_get_fd(socket_.get()), kListener)) {
        g_error("the kernel does not watch the listener of port %u", unsigned(port()));
      }
      const auto shortest =
          std::min({host_.options.request_timeout, host_.options.idle_timeout,
                    host_.options.write_timeout, std::chrono::milliseconds(4000)});
      sweep_ =
          loop_->every(std::max(shortest / 4, std::chrono::milliseconds(1)), [this] { sweep(); });
    });
  }

  void add(Route route) override {
    MutexLock lock(mutex_);
    router_ = std::make_shared<const Router>(router_->with(std::move(route)));
  }

  std::uint16_t port() const override {
    return g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address_.get()));
  }
  const std::shared_ptr<Loop>& loop() const override { return loop_; }
  std::size_t pending() const override { return host_.pending; }
  std::size_t connections() const override { return connection_count_; }

 private:
  std::shared_ptr<const Router> router() const {
    MutexLock lock(mutex_);
    return router_;
  }

  void on_events(SocketPoller::Id id, SocketPoller::Events events) {
    if (id == kListener) return accept_all();
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    const auto connection = found->second;  // Which may end in it.
    connection->on_events(events);
  }

  // Until there are no more, as the poller tells of the first only. Where the process has no
  // descriptor left the rest wait in the kernel for the next sweep.
  void accept_all() {
    while (true) {
      const int fd =
          accept4(g_socket_get_fd(socket_.get()), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
      if (fd < 0) return;
      if (connections_.size() >= max_connections_ || !adopt_connection(fd)) close(fd);
    }
  }

  // False where the descriptor stays the caller's.
  bool adopt_connection(int fd) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto socket = adopt(g_socket_new_from_fd(fd, nullptr));
    if (!socket) return false;
    const SocketPoller::Id id = next_id_++;
    connections_.emplace(id, std::make_shared<Connection>(host_, id, std::move(socket)));
    connection_count_ = connections_.size();
    if (!poller_.add(fd, id)) remove(id);
    return true;
  }

  void read(Connection& connection) {
    reading_ = &connection;
    // The client's own address is nothing that anybody asks for.
    soup_server_accept_iostream(server_.get(), connection.stream(), address_.get(), address_.get(),
                                nullptr);
    reading_ = nullptr;
  }

  void remove(SocketPoller::Id id) {
    connections_.erase(id);
    connection_count_ = connections_.size();
  }

  void sweep() {
    const auto now = Connection::Clock::now();
    // A connection may remove itself, and no other.
    for (auto next = connections_.begin(); next != connections_.end();) {
      const auto connection = (next++)->second;
      connection->check_deadlines(now);
    }
    accept_all();
  }

  static constexpr SocketPoller::Id kListener = 0;

  const Ref<GSocket> socket_;
  const Ref<GSocketAddress> address_;
  const std::shared_ptr<Loop> loop_;
  mutable Mutex mutex_;
  std::shared_ptr<const Router> router_ SPACECAST_GUARDED_BY(mutex_) =
      std::make_shared<const Router>();

  // On the loop.
  ConnectionHost host_;
  const std::size_t max_connections_;
  SocketPoller poller_;
  Ref<SoupServer> server_;
  Signal request_started_;
  Connection* reading_ = nullptr;  // Whose request libsoup begins to read in this very call.
  std::unordered_map<SocketPoller::Id, std::shared_ptr<Connection>> connections_;
  SocketPoller::Id next_id_ = kListener + 1;
  std::atomic<std::size_t> connection_count_{0};
  Timer sweep_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::create(Options options) {
  auto socket = listen_on(options);
  if (!socket) return std::unexpected(socket.error());
  return std::make_unique<SoupBackedServer>(std::move(options), std::move(*socket));
}

}  // namespace spacecast::http
