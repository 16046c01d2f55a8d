// A network between one peer and the worker that loses and delays what the peer sends, and loses
// what comes back: a UDP relay on 127.0.0.1 that the answer is made to name. Nothing else is
// between them where the offer names no candidates.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace spacecast::test {

class BadWay {
 public:
  BadWay() : outside_(open()), inside_(open()) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  ~BadWay() {
    thread_.request_stop();
    thread_.join();
    close(outside_);
    close(inside_);
  }
  BadWay(const BadWay&) = delete;
  BadWay& operator=(const BadWay&) = delete;

  // The offer without candidates: the worker learns of the peer by its packets.
  static std::string hidden(const std::string& offer) {
    std::string result;
    for (std::size_t at = 0; at < offer.size();) {
      const auto end = std::min(offer.size(), offer.find('\n', at) + 1);
      const auto line = offer.substr(at, end - at);
      if (!line.starts_with("a=candidate:")) result += line;
      at = end;
    }
    return result;
  }

  // The answer with this relay where the worker's port was.
  std::string through(std::string answer) {
    const std::string host = " 127.0.0.1 ";
    const auto at = answer.find(host, answer.find("a=candidate:")) + host.size();
    const auto end = answer.find(' ', at);
    std::uint16_t port = 0;
    std::from_chars(answer.data() + at, answer.data() + end, port);
    worker_port_ = port;
    sockaddr_in own{};
    socklen_t size = sizeof own;
    getsockname(outside_, reinterpret_cast<sockaddr*>(&own), &size);
    return answer.replace(at, end - at, std::to_string(ntohs(own.sin_port)));
  }

  // From now on. `jitter`: each packet is delayed by up to that much, so that they overtake each
  // other.
  void set(double loss, std::chrono::milliseconds jitter) {
    loss_ = loss;
    jitter_ms_ = static_cast<int>(jitter.count());
  }
  // The same for what the worker sends.
  void set_back(double loss) { back_loss_ = loss; }
  // Nothing passes in either direction.
  void cut() { cut_ = true; }

  [[nodiscard]] unsigned passed() const { return passed_; }
  [[nodiscard]] unsigned lost() const { return lost_; }

 private:
  using Clock = std::chrono::steady_clock;

  static int open() {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    auto address = at(0);
    if (socket < 0 || bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("no UDP socket");
    }
    return socket;
  }
  static sockaddr_in at(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  void run(const std::stop_token& stop) {
    std::minstd_rand random(1);
    std::uniform_real_distribution<double> share;
    sockaddr_in peer{};
    std::array<char, 2048> packet{};
    std::multimap<Clock::time_point, std::string> waiting;
    while (!stop.stop_requested()) {
      std::array<pollfd, 2> sockets{pollfd{outside_, POLLIN, 0}, pollfd{inside_, POLLIN, 0}};
      poll(sockets.data(), sockets.size(), waiting.empty() ? 10 : 1);
      const auto now = Clock::now();
      for (;;) {
        socklen_t size = sizeof peer;
        sockaddr_in from{};
        const auto got = recvfrom(outside_, packet.data(), packet.size(), 0,
                                  reinterpret_cast<sockaddr*>(&from), &size);
        if (got <= 0) break;
        peer = from;
        if (cut_ || share(random) < loss_) {
          ++lost_;
          continue;
        }
        ++passed_;
        waiting.emplace(
            now + std::chrono::microseconds(static_cast<int>(share(random) * jitter_ms_ * 1000)),
            std::string(packet.data(), static_cast<std::size_t>(got)));
      }
      for (;;) {
        const auto got = recv(inside_, packet.data(), packet.size(), 0);
        if (got <= 0) break;
        if (cut_ || peer.sin_port == 0 || share(random) < back_loss_) continue;
        sendto(outside_, packet.data(), static_cast<std::size_t>(got), 0,
               reinterpret_cast<const sockaddr*>(&peer), sizeof peer);
      }
      auto worker = at(worker_port_);
      while (!waiting.empty() && waiting.begin()->first <= now) {
        const auto& bytes = waiting.begin()->second;
        sendto(inside_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&worker),
               sizeof worker);
        waiting.erase(waiting.begin());
      }
    }
  }

  const int outside_;  // Where the peer sends to.
  const int inside_;   // From where the worker is sent to.
  std::atomic<std::uint16_t> worker_port_ = 0;
  std::atomic<double> loss_ = 0, back_loss_ = 0;
  std::atomic<int> jitter_ms_ = 0;
  std::atomic<bool> cut_ = false;
  std::atomic<unsigned> passed_ = 0, lost_ = 0;
  std::jthread thread_;
};

}  // namespace spacecast::test
