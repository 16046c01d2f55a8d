// One slot of the program, from the outside of the graph: four appsrc elements that are linked for
// good (audio to the detector, audio to the mixer, picture and screen to the stage), and what the
// stage is told about who is in it. Any thread; nothing here blocks.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <string>

#include "base/error.h"
#include "base/mutex.h"
#include "gstx/ref.h"
#include "pipelines/program.h"
#include "pipelines/screen_order.h"

namespace spacecast {

class SlotChannel {
 public:
  // Adds the slot's sources to `pipeline` and links them to `stage` and `mix` as slot `index`.
  [[nodiscard]] static Result<std::shared_ptr<SlotChannel>> create(
      GstElement* pipeline, GstElement* stage, GstElement* mix,
      std::shared_ptr<ScreenOrder> screens, unsigned index);

  // False where somebody is in it. The camera counts as on.
  [[nodiscard]] bool acquire(const std::string& name);
  void release();

  void push_audio(GstSample* sample);
  void push_video(GstSample* sample);
  void push_screen(GstSample* sample);
  void set_camera(bool on);
  void set_screen(bool on);
  void set_name(const std::string& name);

  [[nodiscard]] unsigned index() const { return index_; }

 private:
  SlotChannel() = default;
  unsigned index_ = 0;
  Ref<GstElement> detector_audio_;
  Ref<GstElement> mixer_audio_;
  Ref<GstElement> video_;
  Ref<GstElement> screen_;
  Ref<GstPad> stage_audio_pad_;
  Ref<GstPad> stage_video_pad_;
  Ref<GstPad> stage_screen_pad_;
  std::shared_ptr<ScreenOrder> screens_;

  Mutex mutex_;
  bool occupied_ SPACECAST_GUARDED_BY(mutex_) = false;
};

}  // namespace spacecast
