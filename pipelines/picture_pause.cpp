#include "pipelines/picture_pause.h"

#include <algorithm>
#include <utility>

namespace spacecast {

void PicturePause::report(const ReceiverReport& report, Time now) {
  MutexLock lock(mutex_);
  if (std::exchange(received_, report.received) == report.received) return;
  // The first one in a pause speaks of what went before it.
  if (until_ && now < *until_) return;
  const bool was_lossy = std::exchange(lossy_, report.lost >= kMuchLost);
  if (!lossy_ || !was_lossy) return;
  const bool again = until_ && now - *until_ < kRecovered;
  pause_ = again ? std::min(2 * pause_, kLongestPause) : kFirstPause;
  until_ = now + pause_;
  lossy_ = false;
}

bool PicturePause::paused(Time now) const {
  MutexLock lock(mutex_);
  return until_ && now < *until_;
}

}  // namespace spacecast
