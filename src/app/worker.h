// The worker: one process, one Space. Joins what does not know each other: program, stage, origin
// and pages on the public address; health and metrics on the admin address.
//
// Lives on the control loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "app/address.h"
#include "base/error.h"
#include "glibx/loop.h"

namespace spacecast {

struct WorkerOptions {
  std::string space;
  Address listen{"127.0.0.1", 8080};
  Address admin{"127.0.0.1", 9100};
  std::string program_file;  // Empty: the one that ships.
  std::string ice_address;   // Empty: all interfaces.
  std::chrono::seconds drain{10};
};

class Worker {
 public:
  // Listens, builds the program and starts it. `failed` is called on the control loop when the
  // program breaks; nothing can mend it but a new process.
  [[nodiscard]] static Result<std::unique_ptr<Worker>> create(WorkerOptions options,
                                                              std::shared_ptr<Loop> loop,
                                                              std::function<void(Error)> failed);
  virtual ~Worker() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual std::uint16_t admin_port() const = 0;

  // Ends the Space in order: speakers told, last part published, EXT-X-ENDLIST, everybody who waits
  // answered. `ended` is called on the control loop, at the latest when the drain time is over.
  virtual void end(std::function<void()> ended) = 0;
};

}  // namespace spacecast
