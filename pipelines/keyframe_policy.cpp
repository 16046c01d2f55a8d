#include "pipelines/keyframe_policy.h"

namespace spacecast {

bool KeyframePolicy::request(Time now) {
  MutexLock lock(mutex_);
  if (!watched_) return false;
  if (last_request_ && now - *last_request_ < kSameLoss) return false;
  owed_ = last_request_ && now - *last_request_ < kInterval;
  if (!owed_) last_request_ = now;
  return !owed_;
}

bool KeyframePolicy::packet(Time now) {
  MutexLock lock(mutex_);
  if (!last_packet_ || now - *last_packet_ >= kInterval) waiting_since_ = now;
  last_packet_ = now;
  if (!watched_) return false;
  const bool may = !last_request_ || now - *last_request_ >= kInterval;
  return may && (owed_ || now - waiting_since_ >= kInterval);
}

void KeyframePolicy::picture(Time now) {
  MutexLock lock(mutex_);
  waiting_since_ = now;
}

void KeyframePolicy::set_watched(bool watched, Time now) {
  MutexLock lock(mutex_);
  if (watched && !watched_) waiting_since_ = now;
  watched_ = watched;
  if (!watched_) owed_ = false;
}

}  // namespace spacecast
