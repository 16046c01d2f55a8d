// Which of the screens that are shared is shown: one at a time, the one that was shared last; when
// it ends, the one before it again. The stage is told by its pads' property `active`, so it never
// has two to choose from. Any thread.
#pragma once

#include <gst/gst.h>

#include <vector>

#include "base/mutex.h"
#include "gstx/ref.h"

namespace spacecast {

class ScreenOrder {
 public:
  // `screen`: a pad of activespeaker. One that is shared already keeps its place.
  void set(const Ref<GstPad>& screen, bool shared);

 private:
  Mutex mutex_;
  std::vector<Ref<GstPad>> shared_ SPACECAST_GUARDED_BY(mutex_);  // The last one is shown.
};

}  // namespace spacecast
