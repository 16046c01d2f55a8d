// One client's connection: request after request, and the answers to them.
//
// libsoup reads requests, and nothing else: it is given the socket when the first byte of a request
// is there, and the socket is taken back when the request is complete, or refused. Writing answers
// and waiting (for a request, for an answer, for a slow client) is done here. A connection that
// waits costs some hundred bytes and nothing in the loop; an answer costs one system call.
//
// Lives on the server's loop, owned by the server; who holds a Responder holds it weakly.
#pragma once

#include <libsoup/soup.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "glibx/loop.h"
#include "glibx/ref.h"
#include "glibx/signal.h"
#include "http/answer.h"
#include "http/outbox.h"
#include "http/responder.h"
#include "http/router.h"
#include "http/server.h"
#include "http/socket_poller.h"

namespace spacecast::http {

class Connection;
class StreamQueue;

// What all connections of a server share; outlives them.
struct ConnectionHost {
  using Clock = std::chrono::steady_clock;

  std::shared_ptr<Loop> loop;
  Server::Options options;
  std::function<std::shared_ptr<const Router>()> router;
  // Hands the connection to libsoup, which answers with on_message() before this returns.
  std::function<void(Connection&)> read;
  std::function<void(SocketPoller::Id)> remove;
  std::atomic<std::size_t> pending{0};
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = ConnectionHost::Clock;

  Connection(ConnectionHost& host, SocketPoller::Id id, Ref<GSocket> socket);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  [[nodiscard]] GSocket* socket() const { return socket_.get(); }
  [[nodiscard]] GIOStream* stream() const { return G_IO_STREAM(stream_.get()); }

  void on_events(SocketPoller::Events events);
  // The message that libsoup reads the next request into.
  void on_message(SoupServerMessage* message);
  // Ends what has taken too long, pings what has been silent for long.
  void check_deadlines(Clock::time_point now);

  // Of the pending answer.
  void answer(Response response);
  void start_stream(Headers headers, std::shared_ptr<StreamQueue> queue);
  void write_stream(Bytes bytes);
  void end_stream();

 private:
  enum class State {
    kIdle,       // Between two requests, or before the first.
    kReading,    // libsoup has the socket.
    kWaiting,    // For the handler's answer.
    kWriting,    // The answer goes out.
    kStreaming,  // An event stream.
    kDraining,   // Our side is closed; what the client still sends is thrown away.
    kClosed,
  };

  void on_headers();
  [[nodiscard]] std::optional<Response> find_route(const std::string& method);
  [[nodiscard]] Response too_large() const;
  void on_chunk(GBytes* chunk);
  void on_request();
  void take_input();
  void take_back();
  void refuse(Response response);
  void send(Response response);
  void flush();
  void drain();
  void become_idle();
  void leave_waiting();
  void close();
  [[nodiscard]] std::string request_header(const char* name) const;
  [[nodiscard]] Request make_request();
  void set_state(State state);

  ConnectionHost& host_;
  const SocketPoller::Id id_;
  const Ref<GSocket> socket_;
  const Ref<GSocketConnection> stream_;
  const int fd_;
  State state_ = State::kIdle;
  Clock::time_point since_;     // Of the state.
  Clock::time_point progress_;  // The last bytes written.
  bool served_ = false;         // A request.
  // Told by the poller and not looked into yet.
  bool readable_ = false;
  bool hangup_ = false;

  // Of the request that is read or answered.
  Ref<SoupServerMessage> message_;
  std::vector<Signal> signals_;
  std::shared_ptr<const Router> router_;  // Owns the route.
  const Route* route_ = nullptr;
  std::map<std::string, std::string> params_;
  std::string path_;
  std::string body_;
  Asked asked_;

  Outbox outbox_;
  std::size_t drained_ = 0;
  std::shared_ptr<StreamQueue> queue_;
};

}  // namespace spacecast::http
