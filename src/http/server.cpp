#include "http/server.h"

#include <libsoup/soup.h>
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <unordered_map>

#include "base/mutex.h"
#include "http/exchange.h"

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
  const auto socket = adopt(g_socket_new(g_socket_address_get_family(address.get()),
                                         G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error.out()));
  if (!socket) return fail(ErrorCode::kIo, describe(error.message()));
  g_socket_set_listen_backlog(socket.get(), kListenBacklog);
  if (!g_socket_bind(socket.get(), address.get(), TRUE, error.out()) ||
      !g_socket_listen(socket.get(), error.out())) {
    return fail(ErrorCode::kIo, describe(error.message()));
  }
  return socket;
}

std::uint16_t port_of(GSocket* socket) {
  const auto address = adopt(g_socket_get_local_address(socket, nullptr));
  return g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address.get()));
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
        port_(port_of(socket_.get())),
        loop_(Loop::spawn(options.thread_name)),
        host_{.loop = loop_,
              .options = options,
              .peers = PeerWatch(*loop_),
              .router = [this] { return router(); },
              .remove = [this](SoupServerMessage* message) { forget(message); }},
        max_connections_(connection_limit(options.max_connections)) {}

  ~SoupBackedServer() override {
    loop_->post([this] {
      sweep_.stop();
      signals_.clear();
      soup_server_disconnect(server_.get());
      exchanges_.clear();
      server_.reset();
    });
    loop_->quit_and_join();
  }

  void start() {
    loop_->post([this] {
      server_ = adopt(SOUP_SERVER(g_object_new(SOUP_TYPE_SERVER, "raw-paths", TRUE, nullptr)));
      signals_.push_back(Signal::connect(
          server_.get(), "request-started",
          [this](SoupServer*, SoupServerMessage* message) { on_request_started(message); }));
      signals_.push_back(Signal::connect(server_.get(), "request-read",
                                         [this](SoupServer*, SoupServerMessage* message) {
                                           const auto found = exchanges_.find(message);
                                           if (found != exchanges_.end())
                                             found->second->on_request_read();
                                         }));
      accept_from(socket_.get());
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

  std::uint16_t port() const override { return port_; }
  const std::shared_ptr<Loop>& loop() const override { return loop_; }
  std::size_t pending() const override { return host_.pending; }
  std::size_t connections() const override { return connections_; }

 private:
  std::shared_ptr<const Router> router() const {
    MutexLock lock(mutex_);
    return router_;
  }

  void accept_from(GSocket* socket) {
    ErrorOut error;
    if (!soup_server_listen_socket(server_.get(), socket, SoupServerListenOptions(0),
                                   error.out())) {
      g_warning("port %u: %s", unsigned(port_), error.message());
    }
  }

  void on_request_started(SoupServerMessage* message) {
    accepted_since_sweep_ = true;
    const auto exchange = std::make_shared<Exchange>(host_, message);
    exchanges_.emplace(message, exchange);
    connections_ = exchanges_.size();
    // libsoup reads the end of the stream next and closes.
    if (exchanges_.size() > max_connections_) exchange->cut();
  }

  void forget(SoupServerMessage* message) {
    exchanges_.erase(message);
    connections_ = exchanges_.size();
  }

  void sweep() {
    const auto now = Exchange::Clock::now();
    for (const auto& [message, exchange] : exchanges_) exchange->check_deadlines(now);
    revive_listener();
  }

  // libsoup 3.2 stops accepting for good when one accept() fails, as it does when the process runs
  // out of descriptors. Connections that wait over a whole sweep with nothing accepted show that.
  void revive_listener() {
    pollfd waiting{.fd = g_socket_get_fd(socket_.get()), .events = POLLIN, .revents = 0};
    const bool backlog = poll(&waiting, 1, 0) > 0 && (waiting.revents & POLLIN) != 0;
    if (backlog && backlog_before_ && !accepted_since_sweep_) accept_from(socket_.get());
    backlog_before_ = backlog;
    accepted_since_sweep_ = false;
  }

  const Ref<GSocket> socket_;
  const std::uint16_t port_;
  const std::shared_ptr<Loop> loop_;
  mutable Mutex mutex_;
  std::shared_ptr<const Router> router_ SPACECAST_GUARDED_BY(mutex_) =
      std::make_shared<const Router>();

  // On the loop.
  ExchangeHost host_;
  const std::size_t max_connections_;
  Ref<SoupServer> server_;
  std::vector<Signal> signals_;
  // A connection has at every moment one message that has begun, see Exchange.
  std::unordered_map<SoupServerMessage*, std::shared_ptr<Exchange>> exchanges_;
  std::atomic<std::size_t> connections_{0};
  Timer sweep_;
  bool backlog_before_ = false;
  bool accepted_since_sweep_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::create(Options options) {
  auto socket = listen_on(options);
  if (!socket) return std::unexpected(socket.error());
  auto server = std::make_unique<SoupBackedServer>(std::move(options), std::move(*socket));
  server->start();
  return server;
}

}  // namespace spacecast::http
