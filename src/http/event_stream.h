// The two ends of an event stream: QueuedEventStream is what a handler holds, on any thread;
// StreamQueue is the account of bytes between it and the socket.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "glibx/loop.h"
#include "http/server.h"

namespace spacecast::http {

class Connection;

class StreamQueue {
 public:
  static constexpr std::size_t kLimit = std::size_t{256} * 1024;

  // False once more than kLimit bytes would wait: the reader is too slow.
  [[nodiscard]] bool enter(std::size_t bytes) {
    return waiting_.fetch_add(bytes) + bytes <= kLimit;
  }
  void leave(std::size_t bytes) { waiting_ -= bytes; }
  [[nodiscard]] bool empty() const { return waiting_ == 0; }

  [[nodiscard]] bool closed() const { return closed_; }
  void close() { closed_ = true; }

 private:
  std::atomic<std::size_t> waiting_{0};
  std::atomic<bool> closed_{false};
};

class QueuedEventStream final : public EventStream {
 public:
  QueuedEventStream(std::shared_ptr<Loop> loop, std::weak_ptr<Connection> connection,
                    std::shared_ptr<StreamQueue> queue);
  QueuedEventStream(const QueuedEventStream&) = delete;
  QueuedEventStream& operator=(const QueuedEventStream&) = delete;
  ~QueuedEventStream() override;

  void send(std::string_view event, std::string_view data) override;
  void close() override;
  [[nodiscard]] bool closed() const override { return queue_->closed(); }

 private:
  std::shared_ptr<Loop> loop_;
  std::weak_ptr<Connection> connection_;
  std::shared_ptr<StreamQueue> queue_;
};

// "event: …\ndata: …\n\n"; every line of the data gets its own "data:" (WHATWG HTML §9.2.6).
[[nodiscard]] std::string format_event(std::string_view event, std::string_view data);

}  // namespace spacecast::http
