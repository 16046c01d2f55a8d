#include "gstx/teardown.h"

#include <pthread.h>

#include <algorithm>
#include <list>
#include <thread>

#include "base/mutex.h"

namespace spacecast {

using Clock = std::chrono::steady_clock;

struct Teardown::State {
  mutable Mutex mutex;
  mutable std::condition_variable_any changed;
  std::list<Clock::time_point> started SPACECAST_GUARDED_BY(mutex);
  unsigned late SPACECAST_GUARDED_BY(mutex) = 0;
};

Teardown::Teardown() : state_(std::make_shared<State>()) {}

Teardown::~Teardown() {
  (void)wait_idle(kDeadline);
}

void Teardown::remove(Ref<GstElement> pipeline) {
  std::list<Clock::time_point>::iterator entry;
  {
    MutexLock lock(state_->mutex);
    entry = state_->started.insert(state_->started.end(), Clock::now());
  }
  std::thread([state = state_, entry, pipeline = std::move(pipeline)]() mutable {
    pthread_setname_np(pthread_self(), "teardown");
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    pipeline.reset();
    {
      MutexLock lock(state->mutex);
      if (Clock::now() - *entry > kDeadline) ++state->late;
      state->started.erase(entry);
    }
    state->changed.notify_all();
  }).detach();
}

unsigned Teardown::running() const {
  MutexLock lock(state_->mutex);
  return static_cast<unsigned>(state_->started.size());
}

unsigned Teardown::stuck() const {
  MutexLock lock(state_->mutex);
  const auto limit = Clock::now() - kDeadline;
  const auto overdue =
      std::ranges::count_if(state_->started, [&](auto started) { return started < limit; });
  return state_->late + static_cast<unsigned>(overdue);
}

bool Teardown::wait_idle(std::chrono::milliseconds timeout) const {
  const auto deadline = Clock::now() + timeout;
  MutexLock lock(state_->mutex);
  while (!state_->started.empty()) {
    if (state_->changed.wait_until(state_->mutex, deadline) == std::cv_status::timeout) {
      return state_->started.empty();
    }
  }
  return true;
}

}  // namespace spacecast
