#include "pipelines/keyframe_policy.h"

namespace spacecast {

bool KeyframePolicy::request(Time now) {
  MutexLock lock(mutex_);
  owed_ = last_request_ && now - *last_request_ < kInterval;
  if (!owed_) last_request_ = now;
  return !owed_;
}

bool KeyframePolicy::packet(Time now) {
  MutexLock lock(mutex_);
  if (!last_packet_ || now - *last_packet_ >= kInterval) waiting_since_ = now;
  last_packet_ = now;
  const bool may = !last_request_ || now - *last_request_ >= kInterval;
  return may && (owed_ || now - waiting_since_ >= kInterval);
}

void KeyframePolicy::picture(Time now) {
  MutexLock lock(mutex_);
  waiting_since_ = now;
}

}  // namespace spacecast
