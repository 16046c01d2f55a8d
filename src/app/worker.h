// The worker: one process, one Space. Joins what does not know each other: program, stage, origin
// and pages on the public address; health and metrics on the admin address.
//
// Lives on the control loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/address.h"
#include "base/error.h"
#include "glibx/loop.h"
#include "gstx/ice.h"
#include "layout/director.h"
#include "pipelines/canvas.h"
#include "pipelines/ladder.h"
#include "studio/ice_servers.h"
#include "studio/token.h"

namespace spacecast {

inline constexpr unsigned kPlacesOnStage = 13;

struct WorkerOptions {
  std::string space;
  Address listen{"127.0.0.1", 8080};
  Address admin{"127.0.0.1", 9100};
  std::string program_file;  // Empty: the one that ships.
  layout::Mode layout = layout::Mode::kSpeaker;
  std::optional<Size> size;       // Of the picture; default: the program's own.
  std::vector<Rung> ladder;       // Empty: the program's own picture only.
  std::filesystem::path archive;  // Empty: none.
  std::string edge_secret;        // Empty: LL-HLS is for everybody, not for caches only.
  std::chrono::minutes dvr{30};
  IceNetwork ice;                  // Where speakers' media come in.
  studio::IceServers ice_servers;  // What clients are told of.
  unsigned monitors = 20;          // At most; over WHEP.
  // Of join tokens; without one the Space is open to everybody.
  std::optional<studio::TokenKey> token_key;
  unsigned stage_size = kPlacesOnStage;
  std::chrono::seconds drain{10};
};

class Worker {
 public:
  // On the control loop.
  struct Events {
    // The program is broken. Nothing can mend it but a new process, which goes on in the same
    // archive.
    std::function<void(Error)> failed;
    // A host asks for end(). Once.
    std::function<void()> end_wanted;
  };

  // Listens, builds the program and starts it. What an earlier run has left in the archive is
  // served at once.
  [[nodiscard]] static Result<std::unique_ptr<Worker>> create(WorkerOptions options,
                                                              std::shared_ptr<Loop> loop,
                                                              Events events);
  virtual ~Worker() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual std::uint16_t admin_port() const = 0;

  // Ends the Space in order: speakers told, last part published, EXT-X-ENDLIST, everybody who waits
  // answered, the archive closed. `ended` is called on the control loop, at the latest when the
  // drain time is over; then the argument is false where anything of the Space is unfinished.
  // Something hangs, in that case, and so would the destructor.
  virtual void end(std::function<void(bool in_order)> ended) = 0;
};

}  // namespace spacecast
