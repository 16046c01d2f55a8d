// Join tokens that are worth nothing any more because a host removed their bearer. Kept for the
// worker's life, or until the token has expired anyway. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/mutex.h"

namespace spacecast::studio {

// What its bearer is told.
inline constexpr std::string_view kRevokedDetail =
    "a host removed you: the token is worth nothing any more";

class RevokedPasses {
 public:
  // Past it, the one that expires first is forgotten.
  explicit RevokedPasses(std::size_t max = 10'000) : max_(max) {}

  // `id`: Access::Pass::id.
  void add(std::string id, std::chrono::sys_seconds expires, std::chrono::sys_seconds now);
  [[nodiscard]] bool contains(std::string_view id) const;

 private:
  std::size_t max_;
  mutable Mutex mutex_;
  std::map<std::string, std::chrono::sys_seconds, std::less<>> expiries_
      SPACECAST_GUARDED_BY(mutex_);
};

}  // namespace spacecast::studio
