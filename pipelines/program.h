// The program: what the audience sees and hears. One GstPipeline, built from a launch description
// (program.launch) and found by element name:
//
//   stage   activespeaker; a slot's audio and camera go to its audio_<n> and video_<n>
//   canvas  capsfilter behind it; only where another size is asked for
//   mix     stagemix; a slot's audio goes to its sink_<n>, what goes back comes from its minus_<n>
//   hls     llhlssink
//
// All slots are linked when the program is built and never change afterwards: a speaker who joins,
// stalls or leaves fills or stops filling a slot, and the graph does not notice. Speakers have
// pipelines of their own that share this one's clock and base time, so their running time is the
// program's; media crosses as samples, never as a link.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/media_time.h"
#include "glibx/loop.h"
#include "gstx/ref.h"
#include "hls/store.h"
#include "layout/director.h"
#include "pipelines/canvas.h"
#include "pipelines/ladder.h"
#include "pipelines/program_return.h"

namespace spacecast {

// One speaker's way into the program. Freed for the next speaker when destroyed (any thread).
class ProgramSlot {
 public:
  virtual ~ProgramSlot() = default;
  [[nodiscard]] virtual unsigned index() const = 0;
  // Raw audio (any rate, F32LE or S16LE) and raw video with timestamps on the program's running
  // time, from a streaming thread. Never block: the oldest is dropped where the program lags.
  virtual void push_audio(Ref<GstSample> sample) = 0;
  virtual void push_video(Ref<GstSample> sample) = 0;
  // A screen that the speaker shares beside the camera; as push_video().
  virtual void push_screen(Ref<GstSample> sample) = 0;
  // What the speaker signalled. Off: the card with the name is shown at once. On: the camera from
  // its next frame. A camera that sends nothing for 600 ms counts as off until it sends again.
  virtual void set_camera(bool on) = 0;
  // What the speaker signalled; off at first. While it is on the screen is shown from its next
  // frame, with its speaker small beside it. One screen is shown at a time, the one that was shared
  // last; when that ends, the one shared before it again.
  virtual void set_screen(bool on) = 0;
  // What the picture shows for the speaker from now on: a display name (base/ids.h).
  virtual void set_name(std::string name) = 0;
  // Who is given everybody's sound but this speaker's, and the picture. Null: nobody.
  virtual void set_return(std::shared_ptr<ReturnSink> sink) = 0;
};

// How much the program has lost because the machine was more than a second late; for /metrics. Any
// thread, also when the program has gone.
struct ProgramLosses {
  Ref<GstElement> stage, mix;
  [[nodiscard]] std::uint64_t pictures() const;
  [[nodiscard]] std::uint64_t sound_ticks() const;  // Of 20 ms.
};

class Program {
 public:
  struct Options {
    std::string description;  // The text of a .launch file.
    unsigned slots = 13;
    std::optional<Size> size;  // Of the picture; default: the description's.
    std::vector<Rung> ladder;  // Empty: the description's own picture only.
  };
  struct OnAir {
    int slot = -1;  // -1: nobody.
    MediaTime onset{}, decided{};
    MediaTime cut{};  // Of the first picture that shows it.
    std::string reason;
  };

  // Posted to the loop.
  struct Events {
    std::function<void(const OnAir&)> on_air;
    std::function<void(const std::vector<unsigned>& slots)> talking;  // Everybody who talks now.
    // Whose picture is seen or may be next, the most urgent first; nobody else's need be decoded.
    std::function<void(const std::vector<unsigned>& slots)> watch;
    std::function<void(const Error&)> failed;  // The program stands still; only a new one helps.
  };

  // Builds and starts the pipeline.
  [[nodiscard]] static Result<std::unique_ptr<Program>> create(const Options& options,
                                                               std::shared_ptr<Loop> loop,
                                                               std::shared_ptr<hls::Store> store,
                                                               Events events);
  virtual ~Program() = default;

  // kLimit when all slots are taken. `wanted` is taken where it is free. Control loop only.
  [[nodiscard]] virtual Result<std::unique_ptr<ProgramSlot>> acquire(
      std::string name, std::optional<unsigned> wanted = {}) = 0;
  // What the picture shows, from its next frame on. A pin stands above whoever talks for as long as
  // the slot is taken; nullopt takes it back. Control loop only.
  virtual void set_layout(layout::Mode mode) = 0;
  virtual void pin(std::optional<unsigned> slot) = 0;
  // The whole mix and the picture for as long as the returned object lives, which may be longer
  // than the program. Any thread.
  [[nodiscard]] virtual std::unique_ptr<ReturnSubscription> monitor(
      std::shared_ptr<ReturnSink> sink) = 0;
  // For the speakers' pipelines: gst_pipeline_use_clock, gst_element_set_base_time with start time
  // NONE.
  [[nodiscard]] virtual Ref<GstClock> clock() const = 0;
  [[nodiscard]] virtual GstClockTime base_time() const = 0;
  [[nodiscard]] virtual ProgramLosses losses() const = 0;
  // Ends the stream in order: EOS through encoder and packager, then EXT-X-ENDLIST; `done` is
  // posted.
  virtual void end(Task done) = 0;
};

}  // namespace spacecast
