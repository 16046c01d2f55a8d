// What stands behind a Responder. The server has one implementation; tests of handlers have
// another.
#pragma once

#include <memory>

#include "http/server.h"

namespace spacecast::http {

// Any thread. A Responder calls exactly one of respond() and start_event_stream(), once.
class Responder::Impl {
 public:
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  virtual ~Impl() = default;
  virtual void respond(Response response) = 0;
  [[nodiscard]] virtual std::shared_ptr<EventStream> start_event_stream(Headers headers) = 0;
  [[nodiscard]] virtual bool client_gone() const = 0;
};

}  // namespace spacecast::http
