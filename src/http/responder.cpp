#include "http/responder.h"

namespace spacecast::http {

Responder::Responder(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Responder::Responder(Responder&&) noexcept = default;

Responder& Responder::operator=(Responder&& other) noexcept {
  Responder dropped(std::move(*this));
  impl_ = std::move(other.impl_);
  return *this;
}

Responder::~Responder() {
  if (impl_) respond(problem(500, "the request was given up without an answer"));
}

void Responder::respond(Response response) {
  if (auto impl = std::move(impl_)) impl->respond(std::move(response));
}

bool Responder::client_gone() const {
  return !impl_ || impl_->client_gone();
}

std::shared_ptr<EventStream> start_event_stream(Responder responder, Headers headers) {
  // The responder is spent: its destructor has nothing left to answer.
  auto impl = std::move(responder.impl_);
  return impl ? impl->start_event_stream(std::move(headers)) : nullptr;
}

}  // namespace spacecast::http
