// Plays a clip into an appsrc for ever. The bytes are lent, never copied; pacing is left to a
// clocksync behind the appsrc, which is asked for a frame each time it has none.
#pragma once

#include <gst/app/gstappsrc.h>

#include <memory>

#include "base/mutex.h"
#include "gstx/ref.h"
#include "pipelines/clip.h"

namespace spacecast {

class ClipPlayer {
 public:
  // `source` calls the player and owns a share of it; the player is of no use after it.
  [[nodiscard]] static std::shared_ptr<ClipPlayer> create(const Ref<GstElement>& source,
                                                          std::shared_ptr<const Clip> clip);

  [[nodiscard]] const Clip& clip() const { return *clip_; }

  // Once, from any thread; nothing is played before. `origin` is the running time that the loop's
  // start gets (ClipLoop has the meaning of period and phase).
  void start(MediaTime origin, MediaTime period, MediaTime phase);
  // As ClipLoop's. Any thread.
  void repeat_group();

 private:
  ClipPlayer(GstAppSrc* source, std::shared_ptr<const Clip> clip);
  void push();

  GstAppSrc* source_;
  std::shared_ptr<const Clip> clip_;
  Mutex mutex_;
  MediaTime origin_ SPACECAST_GUARDED_BY(mutex_){};
  std::unique_ptr<ClipLoop> loop_ SPACECAST_GUARDED_BY(mutex_);  // Null until started.
};

}  // namespace spacecast
