// Many keep-alive connections that all ask for the same at once: the load of `scripts/bench
// origin`. Usage: crowd PORT COUNT TARGET opens the connections, has each of them ask for TARGET
// once, prints "ready" and reads commands from stdin. All times are CLOCK_MONOTONIC nanoseconds.
//
//   ask TARGET  asks on every connection and prints "asked BEGIN END"; answers that come meanwhile
//               are taken
//   collect     waits until every connection has its whole answer and prints "answered GOOD BYTES",
//               followed by the time of each good answer's last byte in ascending order
//
// It is to cost as little as it can, so that the server's time is what is measured: bodies are
// dropped in the kernel (tcp(7), MSG_TRUNC) once their length is known.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kHeadMax = 4096;
constexpr std::size_t kConnectAtOnce = 200;  // Well below every listener's backlog.
constexpr std::size_t kAskAtOnce = 32;       // Between two looks at what has come.
constexpr auto kPatience = std::chrono::seconds(20);

std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

[[noreturn]] void die(const std::string& why) {
  std::cerr << "crowd: " << why << "\n";
  std::exit(1);
}

struct Connection {
  int socket = -1;
  bool waiting = false;
  bool good = false;
  bool in_body = false;
  std::size_t left = 0;  // Of the body.
  std::string head;
  std::int64_t done_ns = 0;
};

class Crowd {
 public:
  Crowd(std::uint16_t port, std::size_t count, const std::string& target)
      : epoll_(epoll_create1(EPOLL_CLOEXEC)), connections_(count) {
    for (std::size_t i = 0; i < count; i += kConnectAtOnce) {
      const std::size_t end = std::min(count, i + kConnectAtOnce);
      for (std::size_t j = i; j < end; ++j) connect(j, port);
      ask(i, end, target);
      collect();
    }
  }

  void ask_all(const std::string& target) {
    for (Connection& connection : connections_) connection.good = false;
    bytes_ = 0;
    ask(0, connections_.size(), target);
  }

  void collect() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (unanswered_ > 0) {
      if (std::chrono::steady_clock::now() > deadline) {
        die(std::to_string(unanswered_) + " requests have no answer");
      }
      take(100);
    }
  }

  void report() const {
    std::vector<std::int64_t> times;
    for (const Connection& connection : connections_) {
      if (connection.good) times.push_back(connection.done_ns);
    }
    std::ranges::sort(times);
    std::cout << "answered " << times.size() << " " << bytes_;
    for (const std::int64_t time : times) std::cout << " " << time;
    std::cout << std::endl;
  }

 private:
  void connect(std::size_t index, std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (socket < 0 || ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      die("cannot connect");
    fcntl(socket, F_SETFL, O_NONBLOCK);
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0) die("cannot watch a connection");
    connections_[index].socket = socket;
  }

  void ask(std::size_t begin, std::size_t end, const std::string& target) {
    // What a browser's player sends.
    const std::string request = "GET " + target +
                                " HTTP/1.1\r\n"
                                "Host: bench.example\r\n"
                                "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n"
                                "Accept: */*\r\n"
                                "Origin: https://watch.example\r\n"
                                "Referer: https://watch.example/\r\n"
                                "Accept-Encoding: gzip, deflate, br\r\n"
                                "Accept-Language: en\r\n\r\n";
    for (std::size_t i = begin; i < end; ++i) {
      Connection& connection = connections_[i];
      connection.waiting = true;
      ++unanswered_;
      if (send(connection.socket, request.data(), request.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(request.size())) {
        die("cannot send a request");
      }
      if ((i - begin) % kAskAtOnce == kAskAtOnce - 1) take(0);
    }
  }

  void take(int timeout_ms) {
    std::array<epoll_event, 512> events;
    const int count =
        epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
    for (int i = 0; i < count; ++i) {
      read(connections_[events[static_cast<std::size_t>(i)].data.u64]);
    }
  }

  void read(Connection& connection) {
    if (!connection.in_body && !read_head(connection)) return;
    while (connection.left > 0) {
      const ssize_t size = recv(connection.socket, nullptr, connection.left, MSG_TRUNC);
      if (size < 0) return;
      if (size == 0) die("a connection was closed");
      connection.left -= static_cast<std::size_t>(size);
      bytes_ += static_cast<std::size_t>(size);
    }
    connection.done_ns = now_ns();
    connection.in_body = connection.waiting = false;
    connection.head.clear();
    --unanswered_;
  }

  // True once the head is here; what came behind it of the body counts.
  bool read_head(Connection& connection) {
    std::array<char, kHeadMax> buffer;
    const ssize_t size = recv(connection.socket, buffer.data(), buffer.size(), 0);
    if (size < 0) return false;
    if (size == 0 || !connection.waiting) die("a connection was closed or spoke unasked");
    connection.head.append(buffer.data(), static_cast<std::size_t>(size));
    const std::size_t end = connection.head.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    static constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t field = connection.head.find(kLength);
    if (field == std::string::npos || field > end) die("an answer without Content-Length");
    std::size_t length = 0;
    std::from_chars(connection.head.data() + field + kLength.size(), connection.head.data() + end,
                    length);
    const std::size_t here = connection.head.size() - (end + 4);
    if (here > length) die("more than one answer");
    bytes_ += here;
    connection.left = length - here;
    connection.good = connection.head.starts_with("HTTP/1.1 200 ");
    return connection.in_body = true;
  }

  int epoll_;
  std::vector<Connection> connections_;
  std::size_t unanswered_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) die("usage: crowd PORT COUNT TARGET");
  Crowd crowd(static_cast<std::uint16_t>(std::atoi(argv[1])),
              static_cast<std::size_t>(std::atoi(argv[2])), argv[3]);
  std::cout << "ready" << std::endl;
  std::string command;
  while (std::cin >> command) {
    if (command == "ask") {
      std::string target;
      std::cin >> target;
      const auto begin = now_ns();
      crowd.ask_all(target);
      std::cout << "asked " << begin << " " << now_ns() << std::endl;
    } else if (command == "collect") {
      crowd.collect();
      crowd.report();
    } else {
      die("unknown command " + command);
    }
  }
  return 0;
}
