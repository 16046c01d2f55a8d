// Thousands of viewers (player.h) on one thread: each has connections of its own, as browsers do,
// kept alive by libcurl, HTTP/1.1 or HTTP/2 (nghttp2), all of them on one epoll instance.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "viewers/tally.h"

namespace spacecast::viewers {

class Fleet {
 public:
  struct Options {
    // Of the multivariant playlist, at one cache or several: the viewers take turns.
    std::vector<std::string> urls;
    std::size_t count = 1;
    double duration_s = 10;
    // They join evenly over this time, and leave evenly over as much at the end.
    double ramp_s = 0;
    bool http2 = false;
    bool any_certificate = false;  // For tests with certificates of their own.
  };
  struct Progress {
    double elapsed_s = 0;
    std::size_t watching = 0;
  };

  [[nodiscard]] static Result<std::unique_ptr<Fleet>> create(Options options);
  virtual ~Fleet() = default;

  // Returns after the duration, when every stream has ended, or soon after stop(). `progress` is
  // called once a second.
  virtual void run(const std::function<void(const Progress&)>& progress) = 0;
  // From a signal handler, too.
  virtual void stop() = 0;
  [[nodiscard]] virtual const Tally& tally() const = 0;
};

}  // namespace spacecast::viewers
