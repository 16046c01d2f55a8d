// The viewers' side: a presentation over HTTP, as RFC 8216bis §6.2 and Appendix B.1 want it.
//
// Answers come from the store's snapshots alone. A request for what is about to exist (a blocking
// playlist reload, the hinted part, a playlist before the presentation can be played) is parked and
// answered in the loop's turn after the store changed; all who wait for the same get the same
// bytes. Media that has left the memory is read from its file by another thread; the request is
// parked until it is here. A request waits three target durations at most (§6.2.5.2) and gets a 503
// then.
//
// What a stranger can make it hold is bounded: requests that wait, pieces of files that are read,
// bytes kept of what was read; past each a 503 with Retry-After. A name that does not exist leaves
// nothing behind. Where it stands is told to caches (see live_edge.h), and with a secret it answers
// nobody else.
//
// Lives on the server's loop; knows nothing of who produces the media.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "hls/store.h"
#include "http/server.h"

namespace spacecast::origin {

// Counted since the start, readable from any thread.
struct Metrics {
  std::atomic<std::uint64_t> multivariant_playlists{0};
  std::atomic<std::uint64_t> media_playlists{0};  // I-frame playlists too.
  std::atomic<std::uint64_t> init_sections{0};
  std::atomic<std::uint64_t> segments{0};
  std::atomic<std::uint64_t> parts{0};
  std::atomic<std::uint64_t> parked{0};        // Of all of these: had to wait.
  std::atomic<std::uint64_t> not_found{0};     // 404
  std::atomic<std::uint64_t> bad_requests{0};  // 400
  std::atomic<std::uint64_t> timed_out{0};     // 503 after three target durations
  std::atomic<std::uint64_t> turned_away{0};   // 503 as too many wait, or too much is being read
  std::atomic<std::uint64_t> not_a_cache{0};   // 403 without the caches' secret
  std::atomic<std::uint64_t> body_bytes{0};    // Handed to the server to send.
  std::atomic<std::uint64_t> rendered_playlists{0};
  std::atomic<std::uint64_t> file_reads{0};          // Pieces of files that were read.
  std::atomic<std::uint64_t> file_read_bytes{0};     // And their bytes.
  std::atomic<std::uint64_t> file_read_failures{0};  // Gone, too short, or the disk failed.
  std::atomic<std::size_t> waiting{0};               // Requests, now.
  std::atomic<std::size_t> reading{0};               // Pieces of files, now.
  std::atomic<std::size_t> cached_bytes{0};          // Of media kept beside the store's, now.
};

class Origin {
 public:
  struct Options {
    // Past it a 503: what one process releases in time (more are a cache's business).
    std::size_t max_waiting = 5000;
    // Pieces of files that may be under way from the disk; each weighs a segment at most.
    std::size_t max_reads = 32;
    // Of whole segments and of what came from the disk.
    std::size_t cache_bytes = std::size_t{32} << 20;
    // What caches send as `Spacecast-Edge`; a request without it is told 403. Empty: all are
    // answered.
    std::string edge_secret;
    // A file that is gone, too short or unreadable; once until another one could be read. On the
    // server's loop.
    std::function<void(const Error&)> on_read_error;
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
