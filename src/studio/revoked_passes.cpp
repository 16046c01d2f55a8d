#include "studio/revoked_passes.h"

#include <algorithm>

#include "studio/token.h"

namespace spacecast::studio {

void RevokedPasses::add(std::string id, std::chrono::sys_seconds expires,
                        std::chrono::sys_seconds now) {
  const MutexLock lock(mutex_);
  std::erase_if(expiries_, [&](const auto& pass) { return pass.second + kTokenLeeway <= now; });
  if (expiries_.size() >= max_ && !expiries_.contains(id)) {
    expiries_.erase(
        std::ranges::min_element(expiries_, {}, [](const auto& pass) { return pass.second; }));
  }
  expiries_.insert_or_assign(std::move(id), expires);
}

bool RevokedPasses::contains(std::string_view id) const {
  const MutexLock lock(mutex_);
  return expiries_.contains(id);
}

}  // namespace spacecast::studio
