// What `activespeaker` knows: the slots with their waiting pictures, who is on air, and which cuts
// are to come. Inputs fill it from their streaming threads, the output asks it once a tick. It
// knows nothing of pads and clocks. All functions are thread-safe under one mutex, which is held
// for copying samples in and for the work of one tick, never while waiting for anything but pace().
#pragma once

#include <gst/gst.h>

#include <condition_variable>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/media_time.h"
#include "base/mutex.h"
#include "plugins/activespeaker/frame_ring.h"
#include "speaker/detector.h"

namespace spacecast {

// One sink pad, as the stage sees it. Owned by the pad; guarded by the stage's mutex once attached.
struct StageInput {
  enum class Kind { kAudio, kVideo };
  Kind kind = Kind::kAudio;
  unsigned number = 0;
  bool flushing = true;
  bool eos = false;
};

class Stage {
 public:
  struct Cut {
    std::string speaker;  // Empty: nobody.
    speaker::Decision decision;
  };
  // What one tick shows and what there is to tell.
  struct Moment {
    std::optional<Frame> picture;
    std::vector<Cut> cuts;
    std::optional<std::vector<std::string>> talking;  // Where it changed.
  };

  // Everything starts anew; the slots stay.
  void reset(MediaTime lookahead);

  // Slots come with their first pad and go with their last.
  void attach(StageInput& input);
  void detach(StageInput& input);
  // An inactive slot is empty: its pictures are dropped and it is never on air.
  void set_active(unsigned number, bool active);
  void set_name(unsigned number, std::string name);

  void set_flushing(StageInput& input, bool flushing);
  void set_eos(StageInput& input, bool eos);
  // For inputs that are not live and could run ahead: waits until `time` is near. FLUSHING or EOS
  // when the input is flushed instead or the output has ended.
  [[nodiscard]] GstFlowReturn pace(const StageInput& input, GstClockTime time);

  // Never wait. `time` and `end` are running times. EOS: the output has ended.
  [[nodiscard]] GstFlowReturn push_audio(const StageInput& input, GstClockTime time,
                                         GstClockTime end, unsigned rate,
                                         std::span<const float> mono);
  [[nodiscard]] GstFlowReturn push_frame(const StageInput& input, Frame frame, GstClockTime end);

  // Judges the sound up to `tick` + lookahead and picks the picture for `tick`. Ticks do not go
  // back.
  [[nodiscard]] Moment tick(GstClockTime tick);
  // Where the inputs end: the latest end of what they brought, once all of them are at EOS.
  [[nodiscard]] std::optional<GstClockTime> end_of_inputs();
  // The output has ended: whoever waits or pushes from now on is told.
  void end();
  // The name of who is on air at the last tick; empty for nobody.
  [[nodiscard]] std::string on_air();

 private:
  struct Slot {
    StageInput* audio = nullptr;
    StageInput* video = nullptr;
    bool active = true;
    std::string name;
    FrameRing frames;
    [[nodiscard]] bool seats_speaker() const { return audio != nullptr && active; }
  };

  [[nodiscard]] std::string name_of(std::optional<speaker::SpeakerId> id) const
      SPACECAST_REQUIRES(mutex_);
  void apply_cuts(GstClockTime tick) SPACECAST_REQUIRES(mutex_);
  [[nodiscard]] std::optional<Frame> picture_at(GstClockTime tick) SPACECAST_REQUIRES(mutex_);
  [[nodiscard]] bool seated(std::optional<speaker::SpeakerId> id) const SPACECAST_REQUIRES(mutex_);

  Mutex mutex_;
  std::condition_variable_any ticked_;
  std::map<unsigned, Slot> slots_ SPACECAST_GUARDED_BY(mutex_);
  MediaTime lookahead_ SPACECAST_GUARDED_BY(mutex_){};
  speaker::Detector detector_ SPACECAST_GUARDED_BY(mutex_){{}};
  std::deque<speaker::Decision> to_come_ SPACECAST_GUARDED_BY(mutex_);
  std::optional<speaker::SpeakerId> on_air_ SPACECAST_GUARDED_BY(mutex_);
  std::vector<speaker::SpeakerId> talking_ SPACECAST_GUARDED_BY(mutex_);
  GstClockTime near_ SPACECAST_GUARDED_BY(mutex_) = 0;
  GstClockTime inputs_end_ SPACECAST_GUARDED_BY(mutex_) = 0;
  bool ended_ SPACECAST_GUARDED_BY(mutex_) = false;
};

}  // namespace spacecast
