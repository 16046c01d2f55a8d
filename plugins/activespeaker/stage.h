// What `activespeaker` knows: the slots with what waits in them, who is on air, which cuts are to
// come, and what the picture is to show. Inputs fill it from their streaming threads, the output
// asks it once a tick and paints what it is told, after the mutex is free again. It knows nothing
// of pads and clocks. All functions are thread-safe under one mutex, which is held for copying
// samples in and for the work of one tick, never while waiting for anything but pace().
#pragma once

#include <gst/gst.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/media_time.h"
#include "base/mutex.h"
#include "layout/director.h"
#include "plugins/activespeaker/slot.h"
#include "speaker/detector.h"

namespace spacecast {

class Stage {
 public:
  // A newcomer's picture is waited for this long; until then the one before stays.
  static constexpr GstClockTime kCutPatience = 600 * GST_MSECOND;

  struct Cut {
    std::string speaker;  // Empty: nobody.
    speaker::Decision decision;
  };
  // What a tile of the scene is painted with.
  struct Sight {
    unsigned slot = 0;
    bool screen = false;
    std::optional<Frame> picture;
    std::string name;
  };
  // What one tick shows and what there is to tell.
  struct Moment {
    layout::Scene scene;  // Empty: there is not even a waiting picture.
    std::vector<Sight> sights;
    std::vector<Cut> cuts;      // Decided with this tick.
    std::optional<Cut> on_air;  // Carried out with this tick: `cut` is when it is seen.
    std::optional<std::vector<std::string>> talking;  // Where it changed.
    std::optional<std::vector<std::string>> watch;    // Where it changed; the most urgent first.
  };

  // Everything starts anew; the slots and the wishes stay.
  void reset(MediaTime lookahead);
  // Width over height of the canvas.
  void set_aspect(double aspect);

  // From the next tick on.
  void set_mode(layout::Mode mode);
  [[nodiscard]] layout::Mode mode();
  // The name of who is shown whoever talks; empty: nobody is.
  void pin(std::string name);
  [[nodiscard]] std::string pinned();

  // Slots come with their first pad and go with their last.
  void attach(StageInput& input);
  void detach(StageInput& input);
  void set_active(StageInput& input, bool active);
  void set_name(unsigned number, std::string name);
  void set_label(unsigned number, std::string label);

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

  // Judges the sound up to `tick` + lookahead and says what to show from `tick` on, for
  // `duration`. Ticks do not go back.
  [[nodiscard]] Moment tick(GstClockTime tick, GstClockTime duration);
  // Where the inputs end: the latest end of what they brought, once all of them are at EOS.
  [[nodiscard]] std::optional<GstClockTime> end_of_inputs();
  // The output has ended: whoever waits or pushes from now on is told.
  void end();
  // The name of who is on air at the last tick; empty for nobody.
  [[nodiscard]] std::string on_air();

 private:
  struct Talking {
    GstClockTime from = 0;
    std::vector<speaker::SpeakerId> ids;
  };

  [[nodiscard]] std::string name_of(std::optional<speaker::SpeakerId> id) const
      SPACECAST_REQUIRES(mutex_);
  [[nodiscard]] const Slot* seat(std::optional<unsigned> number) const SPACECAST_REQUIRES(mutex_);
  // Whether somebody's camera is on and has nothing to show yet.
  [[nodiscard]] bool awaits_picture(std::optional<unsigned> number) const
      SPACECAST_REQUIRES(mutex_);
  void hear(GstClockTime tick, Moment& moment) SPACECAST_REQUIRES(mutex_);
  void apply_cuts(GstClockTime tick, Moment& moment) SPACECAST_REQUIRES(mutex_);
  void apply_pin(GstClockTime tick) SPACECAST_REQUIRES(mutex_);
  [[nodiscard]] std::vector<layout::Person> people() const SPACECAST_REQUIRES(mutex_);
  [[nodiscard]] layout::Scene compose(GstClockTime tick) SPACECAST_REQUIRES(mutex_);
  void gather_sights(layout::Scene& scene) SPACECAST_REQUIRES(mutex_);
  [[nodiscard]] std::vector<std::string> watched(const layout::Scene& scene) const
      SPACECAST_REQUIRES(mutex_);

  Mutex mutex_;
  std::condition_variable_any ticked_;
  std::map<unsigned, Slot> slots_ SPACECAST_GUARDED_BY(mutex_);
  MediaTime lookahead_ SPACECAST_GUARDED_BY(mutex_){};
  speaker::Detector detector_ SPACECAST_GUARDED_BY(mutex_){{}};
  std::deque<speaker::Decision> to_come_ SPACECAST_GUARDED_BY(mutex_);
  std::optional<speaker::SpeakerId> on_air_ SPACECAST_GUARDED_BY(mutex_);
  // Who talks is known before it is seen.
  std::vector<speaker::SpeakerId> talking_ SPACECAST_GUARDED_BY(mutex_);
  std::deque<Talking> talking_to_come_ SPACECAST_GUARDED_BY(mutex_);
  std::vector<speaker::SpeakerId> lit_ SPACECAST_GUARDED_BY(mutex_);
  std::vector<std::string> watched_ SPACECAST_GUARDED_BY(mutex_);

  layout::Director director_ SPACECAST_GUARDED_BY(mutex_){16.0 / 9};
  double aspect_ SPACECAST_GUARDED_BY(mutex_) = 16.0 / 9;
  layout::Mode mode_ SPACECAST_GUARDED_BY(mutex_) = layout::Mode::kSpeaker;
  std::string pin_name_ SPACECAST_GUARDED_BY(mutex_);
  std::optional<unsigned> pin_wanted_ SPACECAST_GUARDED_BY(mutex_);
  GstClockTime pin_since_ SPACECAST_GUARDED_BY(mutex_) = 0;
  std::optional<unsigned> pinned_ SPACECAST_GUARDED_BY(mutex_);
  std::vector<Sight> sights_ SPACECAST_GUARDED_BY(mutex_);  // Of the last tick.

  GstClockTime near_ SPACECAST_GUARDED_BY(mutex_) = 0;
  GstClockTime inputs_end_ SPACECAST_GUARDED_BY(mutex_) = 0;
  bool ended_ SPACECAST_GUARDED_BY(mutex_) = false;
};

}  // namespace spacecast
