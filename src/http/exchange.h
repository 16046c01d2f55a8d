// One request and its answer on a libsoup message, and the pause after it until the next one.
//
// libsoup 3.2 leaves gaps that this class closes; all may go with libsoup 3.6 and later:
//  - it leaks a connection whose client hangs up between two requests. So a message whose answer is
//    out is paused once more (kHeld) and handed back when a whole line of the next request lies
//    there;
//  - it does not notice a hangup while a message is paused: see PeerWatch;
//  - it answers only after it has read the body to the end. A request that is refused before gets
//    its answer written straight to the socket (kDraining).
//
// Lives on the server's loop, owned by the server from "request-started" to the message's end.
#pragma once

#include <libsoup/soup.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "glibx/loop.h"
#include "glibx/ref.h"
#include "glibx/signal.h"
#include "http/peer_watch.h"
#include "http/responder.h"
#include "http/router.h"
#include "http/server.h"

namespace spacecast::http {

// What all exchanges of a server share; outlives them.
struct ExchangeHost {
  using Clock = std::chrono::steady_clock;

  std::shared_ptr<Loop> loop;
  Server::Options options;
  PeerWatch peers;
  std::function<std::shared_ptr<const Router>()> router;
  std::function<void(SoupServerMessage*)> remove;
  std::atomic<std::size_t> pending{0};
};

class StreamQueue;

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  using Clock = ExchangeHost::Clock;

  Exchange(ExchangeHost& host, SoupServerMessage* message);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  // Called by the server when the request is complete ("request-read").
  void on_request_read();
  // Ends what has taken too long, pings what has been silent for long.
  void check_deadlines(Clock::time_point now);
  // Nothing is read from or sent to the client any more; libsoup then ends the message.
  void cut();

  // Of the pending answer. No-ops once the client is gone.
  void answer(Response response);
  void start_stream(Headers headers, std::shared_ptr<StreamQueue> queue);
  void write_stream(Bytes bytes);
  void end_stream();

 private:
  enum class State {
    kReading,    // The request comes in.
    kHandling,   // The handler runs.
    kWaiting,    // The answer is awaited; libsoup's side is paused.
    kWriting,    // The answer goes out.
    kStreaming,  // An event stream.
    kHeld,       // The answer is out; the next request has not begun.
    kDraining,   // Answered early; what the client still sends is thrown away.
    kEnding,     // libsoup is to finish the message.
  };

  void on_headers();
  void on_chunk(GBytes* chunk);
  void on_body_written();
  void on_next_request_or_hangup(bool hangup);
  void answer_early(const Response& response);
  void apply(Response response);
  void apply_range(Response& response, Ref<GBytes>& body);
  [[nodiscard]] Request make_request();
  [[nodiscard]] std::string request_header(const char* name) const;
  [[nodiscard]] bool keeps_alive() const;
  void hold();
  void leave_waiting();
  void abandon();
  void finish();
  void set_state(State state);

  ExchangeHost& host_;
  Ref<SoupServerMessage> message_;
  Ref<GSocket> socket_;
  State state_ = State::kReading;
  Clock::time_point since_;     // Of the state.
  Clock::time_point progress_;  // The last bytes written.
  std::optional<Router::Match> match_;
  std::string method_;
  std::string path_;
  std::string body_;
  std::size_t body_max_ = 0;
  std::size_t drained_ = 0;
  bool route_found_ = false;
  PeerWatch::Id watch_ = 0;
  std::shared_ptr<StreamQueue> stream_;
  std::vector<Signal> signals_;
};

}  // namespace spacecast::http
