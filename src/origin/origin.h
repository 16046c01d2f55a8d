// The viewers' side: a presentation over HTTP, as RFC 8216bis §6.2 and Appendix B.1 want it.
//
// Answers come from the store's snapshots alone. A request for what is about to exist (a blocking
// playlist reload, the hinted part, a playlist before the presentation can be played) is parked and
// answered in the loop's turn after the store changed; all who wait for the same get the same
// bytes. A request waits three target durations at most (§6.2.5.2) and gets a 503 then.
//
// Lives on the server's loop; knows nothing of who produces the media.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "hls/store.h"
#include "http/server.h"

namespace spacecast::origin {

// Counted since the start, readable from any thread.
struct Metrics {
  std::atomic<std::uint64_t> multivariant_playlists{0};
  std::atomic<std::uint64_t> media_playlists{0};
  std::atomic<std::uint64_t> init_sections{0};
  std::atomic<std::uint64_t> segments{0};
  std::atomic<std::uint64_t> parts{0};
  std::atomic<std::uint64_t> parked{0};        // Of all of these: had to wait.
  std::atomic<std::uint64_t> not_found{0};     // 404
  std::atomic<std::uint64_t> bad_requests{0};  // 400
  std::atomic<std::uint64_t> timed_out{0};     // 503 after three target durations
  std::atomic<std::uint64_t> turned_away{0};   // 503 as too many wait
  std::atomic<std::uint64_t> body_bytes{0};    // Handed to the server to send.
  std::atomic<std::uint64_t> rendered_playlists{0};
  std::atomic<std::size_t> waiting{0};  // Now.
};

class Origin {
 public:
  struct Options {
    // Past it a 503: what one process releases in time (more are a cache's business).
    std::size_t max_waiting = 5000;
  };

  // Serves the store below `prefix` ("/spaces/demo/hls": then ".../hls/master.m3u8") until the
  // server goes. Any thread; the answer is shared with the server.
  static std::shared_ptr<Origin> mount(http::Server& server, std::shared_ptr<hls::Store> store,
                                       const std::string& prefix, Options options);
  static std::shared_ptr<Origin> mount(http::Server& server, std::shared_ptr<hls::Store> store,
                                       const std::string& prefix) {
    return mount(server, std::move(store), prefix, Options());
  }
  virtual ~Origin() = default;

  [[nodiscard]] virtual const Metrics& metrics() const = 0;
};

}  // namespace spacecast::origin
