// One slot of the program, from the outside of the graph: three appsrc elements that are linked for
// good (audio to the detector, audio to the mixer, picture to the switch) and the card that stands
// in while the camera is off. Any thread; nothing here blocks.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <string>

#include "base/error.h"
#include "base/media_time.h"
#include "base/mutex.h"
#include "gstx/ref.h"
#include "pipelines/program.h"

namespace spacecast {

class SlotChannel {
 public:
  // Adds the slot's sources to `pipeline` and links them to `stage` and `mix` as slot `index`.
  [[nodiscard]] static Result<std::shared_ptr<SlotChannel>> create(GstElement* pipeline,
                                                                   GstElement* stage,
                                                                   GstElement* mix, unsigned index);

  // `card` is pushed whenever the camera is off, with timestamps of the pipeline's clock.
  [[nodiscard]] bool acquire(Ref<GstSample> card);
  void release();

  void push_audio(GstSample* sample);
  void push_video(GstSample* sample);
  void set_camera(bool on);
  // Called some times a second: a camera without frames for kCameraTimeout is off.
  void check_camera();

  [[nodiscard]] unsigned index() const { return index_; }

 private:
  SlotChannel() = default;
  [[nodiscard]] GstClockTime running_time() const;
  void show_card() SPACECAST_REQUIRES(mutex_);

  unsigned index_ = 0;
  Ref<GstElement> pipeline_;
  Ref<GstElement> detector_audio_;
  Ref<GstElement> mixer_audio_;
  Ref<GstElement> video_;
  Ref<GstPad> stage_audio_pad_;

  // Held while pushing, so that card and camera reach the switch in the order decided; an appsrc
  // that drops instead of blocking makes that short.
  Mutex mutex_;
  bool occupied_ SPACECAST_GUARDED_BY(mutex_) = false;
  bool camera_on_ SPACECAST_GUARDED_BY(mutex_) = false;
  bool card_shown_ SPACECAST_GUARDED_BY(mutex_) = false;
  GstClockTime last_frame_ SPACECAST_GUARDED_BY(mutex_) = 0;
  Ref<GstSample> card_ SPACECAST_GUARDED_BY(mutex_);
};

}  // namespace spacecast
