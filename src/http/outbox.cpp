#include "http/outbox.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace spacecast::http {

void Outbox::add(Bytes bytes, std::size_t offset, std::size_t size) {
  if (size > 0) pieces_.push_back({std::move(bytes), offset, size});
}

Outbox::Flushed Outbox::flush(int fd) {
  std::size_t written = 0;
  while (!pieces_.empty()) {
    std::array<iovec, 16> vectors;
    const std::size_t count = std::min(vectors.size(), pieces_.size() - first_);
    for (std::size_t i = 0; i < count; ++i) {
      const Piece& piece = pieces_[first_ + i];
      // sendmsg() does not write to what it sends; its struct is shared with recvmsg().
      vectors[i].iov_base = const_cast<std::uint8_t*>(piece.bytes->data() + piece.offset);
      vectors[i].iov_len = piece.left;
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    const ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return {errno == EAGAIN ? Result::kBlocked : Result::kBroken, written};
    written += static_cast<std::size_t>(sent);
    consume(static_cast<std::size_t>(sent));
  }
  return {Result::kDone, written};
}

void Outbox::consume(std::size_t bytes) {
  while (first_ < pieces_.size() && bytes >= pieces_[first_].left) {
    bytes -= pieces_[first_].left;
    pieces_[first_++].bytes.reset();
  }
  if (first_ == pieces_.size()) {
    pieces_.clear();
    first_ = 0;
  } else {
    pieces_[first_].offset += bytes;
    pieces_[first_].left -= bytes;
  }
}

}  // namespace spacecast::http
