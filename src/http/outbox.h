// What is still to be written to a socket: pieces of shared bytes, which are never copied.
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"

namespace spacecast::http {

class Outbox {
 public:
  void add(Bytes bytes, std::size_t offset, std::size_t size);
  void add(Bytes bytes) {
    const std::size_t size = bytes->size();
    add(std::move(bytes), 0, size);
  }

  enum class Result {
    kDone,
    kBlocked,  // Again when the socket is writable.
    kBroken,
  };
  struct Flushed {
    Result result;
    std::size_t bytes;  // That the kernel took.
  };
  // As much as the socket takes, a head and its body in one call.
  [[nodiscard]] Flushed flush(int fd);

  [[nodiscard]] bool empty() const { return pieces_.empty(); }

 private:
  struct Piece {
    Bytes bytes;
    std::size_t offset, left;
  };
  void consume(std::size_t bytes);

  std::vector<Piece> pieces_;
  std::size_t first_ = 0;  // Those before it are written.
};

}  // namespace spacecast::http
