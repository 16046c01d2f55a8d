// The source side of `activespeaker`: a task that pushes one picture a tick, on a TickClock,
// whatever the inputs do. Tick n has the PTS n / rate. The clock's own latency is allowance +
// lookahead, so that the sound up to PTS + lookahead has been heard before the picture at PTS is
// chosen. Where downstream lags, ticks follow each other at once; what is more than a second late
// is skipped.
//
// All pictures are of one canvas, whose size and format downstream chooses.
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "gstx/ref.h"
#include "gstx/tick_clock.h"
#include "plugins/activespeaker/painter.h"
#include "plugins/activespeaker/stage.h"
#include "plugins/activespeaker/ticks.h"

namespace spacecast {

class Output {
 public:
  // Both outlive the output; `src` is the element's pad.
  Output(GstElement* element, GstPad* src, std::shared_ptr<Stage> stage);

  // Before start(): a new stream begins.
  void reset(GstClockTime lookahead, GstClockTime allowance);
  // With the activation of the pad. stop() returns when the task has ended.
  void start();
  void stop();
  // Latency, end and whether it plays are for the element to say there.
  [[nodiscard]] TickClock& clock() { return clock_; }
  // PTS of the last picture.
  [[nodiscard]] GstClockTime position() const { return position_; }
  [[nodiscard]] guint64 skipped() const { return skipped_; }

 private:
  static void run(gpointer self) { static_cast<Output*>(self)->iterate(); }
  void iterate();
  void open();
  [[nodiscard]] bool negotiate();
  // To the newest tick that is due, where it is far ahead.
  void catch_up(GstClockTime due_until);
  [[nodiscard]] bool at_end(GstClockTime pts);
  void announce(const Stage::Moment& moment);
  void announce_cut(const char* message, const Stage::Cut& cut);
  void announce_names(const char* message, const std::vector<std::string>& names);
  [[nodiscard]] Ref<GstBuffer> paint(const Stage::Moment& moment);
  [[nodiscard]] GstFlowReturn push(const Stage::Moment& moment, GstClockTime pts);
  void end_of_stream();
  void fail(GstFlowReturn flow);

  GstElement* const element_;
  GstPad* const src_;
  const std::shared_ptr<Stage> stage_;
  TickClock clock_;
  std::atomic<guint64> skipped_ = 0;
  std::atomic<GstClockTime> position_ = 0;

  // The task's own.
  bool opened_ = false;
  bool segment_sent_ = false;
  bool first_ = true;
  bool discont_ = true;
  Ticks ticks_;
  guint64 next_ = 0;
  Painter painter_;
  Ref<GstCaps> canvas_;  // Empty until it was negotiated.
};

}  // namespace spacecast
