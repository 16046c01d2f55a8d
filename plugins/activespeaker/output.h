// The source side of `activespeaker`: a task that pushes one picture a tick, on the pipeline's
// clock, whatever the inputs do. Tick n has the PTS n / rate and is pushed when the clock reaches
//
//   base time + PTS + latency,  latency = upstream's + allowance + lookahead
//
// so that the sound up to PTS + lookahead has been heard before the picture at PTS is chosen. Where
// downstream lags, ticks follow each other at once; what is more than a second late is skipped.
//
// All pictures are of one canvas, whose size and format downstream chooses.
//
// Locks: mutex_ is never held while calling the stage or pushing; GStreamer's object lock may be
// taken inside it.
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "gstx/ref.h"
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
  // With the element's state: ticks come only while PLAYING.
  void set_playing(bool playing);
  // Ends the stream in order: after the picture of now.
  void finish();
  void answer_latency(GstQuery* query);
  // PTS of the next picture.
  [[nodiscard]] GstClockTime position();
  [[nodiscard]] guint64 skipped() const { return skipped_; }

 private:
  static void run(gpointer self) { static_cast<Output*>(self)->iterate(); }
  void iterate();
  [[nodiscard]] bool wait_until_playing();
  void open();
  // The running time once the next tick is due; nothing where the wait was interrupted.
  [[nodiscard]] std::optional<GstClockTime> wait_for_tick();
  [[nodiscard]] bool negotiate();
  void catch_up(GstClockTime now);
  [[nodiscard]] bool at_end(GstClockTime pts);
  void announce(const Stage::Moment& moment);
  void announce_cut(const char* message, const Stage::Cut& cut);
  void announce_names(const char* message, const std::vector<std::string>& names);
  [[nodiscard]] Ref<GstBuffer> paint(const Stage::Moment& moment);
  [[nodiscard]] GstFlowReturn push(const Stage::Moment& moment, GstClockTime pts);
  void end_of_stream();
  void fail(GstFlowReturn flow);
  [[nodiscard]] GstClockTime query_upstream();

  GstElement* const element_;
  GstPad* const src_;
  const std::shared_ptr<Stage> stage_;
  std::atomic<guint64> skipped_ = 0;

  Mutex mutex_;
  std::condition_variable_any changed_;
  bool playing_ SPACECAST_GUARDED_BY(mutex_) = false;
  bool flushing_ SPACECAST_GUARDED_BY(mutex_) = true;
  Owned<void, gst_clock_id_unref> tick_id_ SPACECAST_GUARDED_BY(mutex_);
  std::optional<GstClockTime> end_ SPACECAST_GUARDED_BY(mutex_);
  GstClockTime own_latency_ SPACECAST_GUARDED_BY(mutex_) = 0;
  GstClockTime upstream_latency_ SPACECAST_GUARDED_BY(mutex_) = 0;
  GstClockTime position_ SPACECAST_GUARDED_BY(mutex_) = 0;

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
