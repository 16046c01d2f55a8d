// A list that one thread goes through while others add and remove. Whoever goes through it has the
// list as it was at that moment, and holds no lock meanwhile: what was removed may be called once
// more, and lives until then. Any thread.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace spacecast {

template <typename T>
class SharedList {
 public:
  using Items = std::vector<std::shared_ptr<T>>;

  void add(std::shared_ptr<T> item) {
    const MutexLock lock(mutex_);
    Items items = *items_;
    items.push_back(std::move(item));
    items_ = std::make_shared<const Items>(std::move(items));
  }
  void remove(const std::shared_ptr<T>& item) {
    const MutexLock lock(mutex_);
    Items items = *items_;
    std::erase(items, item);
    items_ = std::make_shared<const Items>(std::move(items));
  }
  [[nodiscard]] std::shared_ptr<const Items> items() const {
    const MutexLock lock(mutex_);
    return items_;
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const Items> items_ SPACECAST_GUARDED_BY(mutex_) =
      std::make_shared<const Items>();
};

}  // namespace spacecast
