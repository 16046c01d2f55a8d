#include "plugins/speakergate/gate.h"

#include <utility>

namespace spacecast {

bool Gate::set_open(bool open) {
  MutexLock lock(mutex_);
  if (open == open_) return false;
  open_ = open;
  forget_requests();
  asked_ = open_ && needs_keyframe_;
  return asked_;
}

bool Gate::is_open() const {
  MutexLock lock(mutex_);
  return open_;
}

Gate::Decision Gate::judge(bool keyframe, std::optional<MediaTime> time) {
  MutexLock lock(mutex_);
  if (open_ && (keyframe || !needs_keyframe_)) {
    needs_keyframe_ = false;
    passing_ = true;
    forget_requests();
    ++counts_.passed;
    return {.pass = true};
  }
  needs_keyframe_ = true;
  ++counts_.dropped;
  return {.ask = open_ && ask_again(time), .ends = std::exchange(passing_, false)};
}

void Gate::restart() {
  MutexLock lock(mutex_);
  needs_keyframe_ = true;
  passing_ = false;
  forget_requests();
}

Gate::Counts Gate::counts() const {
  MutexLock lock(mutex_);
  return counts_;
}

void Gate::forget_requests() {
  asked_ = false;
  asked_at_.reset();
}

bool Gate::ask_again(std::optional<MediaTime> time) {
  const bool first = !std::exchange(asked_, true);
  const bool counting = time && asked_at_ && *time >= *asked_at_;
  const bool due = first || (counting && *time - *asked_at_ >= kAskAgain);
  if (due || !counting) asked_at_ = time;
  return due;
}

}  // namespace spacecast
