// A mutex that clang's thread-safety analysis understands (libstdc++'s is not annotated).
// Guarded members are declared with SPACECAST_GUARDED_BY; the analysis runs in scripts/lint.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define SPACECAST_TSA(x) __attribute__((x))
#else
#define SPACECAST_TSA(x)
#endif

#define SPACECAST_GUARDED_BY(m) SPACECAST_TSA(guarded_by(m))
#define SPACECAST_REQUIRES(m) SPACECAST_TSA(requires_capability(m))
#define SPACECAST_EXCLUDES(m) SPACECAST_TSA(locks_excluded(m))

namespace spacecast {

class SPACECAST_TSA(capability("mutex")) Mutex {
 public:
  void lock() SPACECAST_TSA(acquire_capability()) { mutex_.lock(); }
  void unlock() SPACECAST_TSA(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class SPACECAST_TSA(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) SPACECAST_TSA(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() SPACECAST_TSA(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace spacecast
