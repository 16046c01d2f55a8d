// A client on a plain socket, so that tests control every byte, the moment of a hangup and what is
// not sent. Every wait has a deadline; a missed one shows as an empty or incomplete answer.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace spacecast::test {

using namespace std::chrono_literals;

// Waits until `condition` holds; false after the deadline.
template <typename Condition>
[[nodiscard]] bool eventually(Condition condition, std::chrono::milliseconds deadline = 10s) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

struct RawResponse {
  int status =
      0;  // 0: the connection ended, or the deadline passed, before a whole answer was here.
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

class RawClient {
 public:
  // A socket that connect() is still to come for.
  RawClient() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  explicit RawClient(std::uint16_t port) : RawClient() { connect(port); }
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() { close(); }

  void connect(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) close();
  }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  [[nodiscard]] int fd() const { return socket_; }

  // False where the server no longer takes it.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // "GET /path", with further header lines that each end in "\r\n".
  bool request(std::string_view method_and_target, std::string_view header_lines = "",
               std::string_view body = "") {
    return send(std::string(method_and_target) + " HTTP/1.1\r\nHost: test\r\n" +
                std::string(header_lines) + "\r\n" + std::string(body));
  }

  // `head_only`: the answer to a HEAD request.
  [[nodiscard]] RawResponse response(bool head_only = false) {
    RawResponse result;
    if (!read_until([&] { return buffer_.find("\r\n\r\n") != std::string::npos; })) return result;
    const std::size_t head_end = buffer_.find("\r\n\r\n");
    std::string_view head(buffer_.data(), head_end);
    const int status = std::atoi(buffer_.c_str() + sizeof "HTTP/1.1");
    while (true) {
      const std::size_t line_end = head.find("\r\n");
      if (line_end == std::string_view::npos) break;
      head.remove_prefix(line_end + 2);
      const std::string line(head.substr(0, head.find("\r\n")));
      const std::size_t colon = line.find(": ");
      if (colon == std::string::npos) continue;
      std::string name = line.substr(0, colon);
      std::ranges::transform(name, name.begin(),
                             [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      result.headers[name] = line.substr(colon + 2);
    }
    buffer_.erase(0, head_end + 4);
    const bool has_body = !head_only && status != 204 && status != 304;
    const auto length =
        static_cast<std::size_t>(has_body ? std::atol(result.header("content-length").c_str()) : 0);
    if (!read_until([&] { return buffer_.size() >= length; })) return result;
    result.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    result.status = status;
    return result;
  }

  [[nodiscard]] RawResponse get(std::string_view target, std::string_view header_lines = "") {
    request("GET " + std::string(target), header_lines);
    return response();
  }

  // What comes until `marker`, which is included; empty after the deadline.
  [[nodiscard]] std::string read_to(std::string_view marker) {
    if (!read_until([&] { return buffer_.find(marker) != std::string::npos; })) return "";
    const std::size_t end = buffer_.find(marker) + marker.size();
    std::string text = buffer_.substr(0, end);
    buffer_.erase(0, end);
    return text;
  }

  // True once the server has closed (or reset) the connection; what came before is dropped.
  [[nodiscard]] bool closed_by_server(std::chrono::milliseconds deadline = 10s) {
    read_until([] { return false; }, deadline);
    return ended_;
  }

 private:
  template <typename Done>
  bool read_until(Done done, std::chrono::milliseconds deadline = 10s) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!done()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          end - std::chrono::steady_clock::now());
      pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
      if (ended_ || left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) {
        return false;
      }
      char bytes[65536];
      const ssize_t size = recv(socket_, bytes, sizeof bytes, 0);
      ended_ = size <= 0;
      if (size > 0) buffer_.append(bytes, static_cast<std::size_t>(size));
    }
    return true;
  }

  int socket_;
  bool ended_ = false;
  std::string buffer_;
};

}  // namespace spacecast::test
