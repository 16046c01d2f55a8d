#include "pipelines/screen_order.h"

#include <algorithm>

namespace spacecast {

void ScreenOrder::set(const Ref<GstPad>& screen, bool shared) {
  const MutexLock lock(mutex_);
  const auto place = std::ranges::find(shared_, screen);
  if (shared == (place != shared_.end())) return;
  const Ref<GstPad> before = shared_.empty() ? Ref<GstPad>() : shared_.back();
  if (shared) {
    shared_.push_back(screen);
  } else {
    shared_.erase(place);
  }
  const Ref<GstPad> now = shared_.empty() ? Ref<GstPad>() : shared_.back();
  if (now == before) return;
  if (before) g_object_set(before.get(), "active", FALSE, nullptr);
  if (now) g_object_set(now.get(), "active", TRUE, nullptr);
}

}  // namespace spacecast
