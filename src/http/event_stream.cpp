#include "http/event_stream.h"

#include <algorithm>

#include "http/connection.h"

namespace spacecast::http {

std::string format_event(std::string_view event, std::string_view data) {
  std::string text = "event: ";
  // A line break in the name would start a field of the sender's choice.
  std::ranges::copy_if(event, std::back_inserter(text),
                       [](char c) { return c != '\n' && c != '\r'; });
  text += "\ndata: ";
  for (std::size_t i = 0; i < data.size(); ++i) {
    const bool crlf = data[i] == '\r' && i + 1 < data.size() && data[i + 1] == '\n';
    if (crlf) continue;
    if (data[i] == '\n' || data[i] == '\r') {
      text += "\ndata: ";
    } else {
      text += data[i];
    }
  }
  return text + "\n\n";
}

QueuedEventStream::QueuedEventStream(std::shared_ptr<Loop> loop,
                                     std::weak_ptr<Connection> connection,
                                     std::shared_ptr<StreamQueue> queue)
    : loop_(std::move(loop)), connection_(std::move(connection)), queue_(std::move(queue)) {}

QueuedEventStream::~QueuedEventStream() {
  close();
}

void QueuedEventStream::send(std::string_view event, std::string_view data) {
  if (queue_->closed()) return;
  Bytes bytes = make_bytes(format_event(event, data));
  if (!queue_->enter(bytes->size())) {
    close();
    return;
  }
  loop_->post([connection = connection_, bytes = std::move(bytes)]() mutable {
    if (auto alive = connection.lock()) alive->write_stream(std::move(bytes));
  });
}

void QueuedEventStream::close() {
  if (queue_->closed()) return;
  queue_->close();
  loop_->post([connection = connection_] {
    if (auto alive = connection.lock()) alive->end_stream();
  });
}

}  // namespace spacecast::http
