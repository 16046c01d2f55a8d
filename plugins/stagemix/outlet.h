// A source pad of `stagemix`: `src` (the sum) or `minus_%u` (a return). Each has a task of its own
// that pushes what waits in a bounded queue, so that a downstream which blocks or fails delays
// neither the mix nor anybody else's return. When the queue is full, the oldest goes and the next
// buffer that is pushed has the DISCONT flag.
//
// A pad that is not linked gets nothing. Where pushing fails, the buffer is lost and the next one
// tried; only on `src` is an error the element's.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <optional>

#include "base/mutex.h"
#include "plugins/stagemix/desk.h"

// Property "shared": readable, with a notification from the pad's streaming thread.
GType spacecast_stage_mix_outlet_get_type();

namespace spacecast {

class Outlet {
 public:
  // One second; as much as is worth catching up.
  static constexpr std::size_t kMaxWaiting = 50;

  // `pad` outlives the outlet. `slot`: whose return it is; nothing for the sum.
  Outlet(GstPad* pad, std::optional<unsigned> slot) : pad_(pad), slot_(slot) {}

  // With the activation of the pad. stop() returns when nothing is being pushed.
  void start();
  void stop();
  // Never waits. `buffer` has its timestamps.
  void send(Desk::Sound sound);
  // Ends the stream after what waits.
  void finish();

  [[nodiscard]] std::optional<unsigned> slot() const { return slot_; }
  // What was pushed last was the sum.
  [[nodiscard]] bool shared() const { return shared_; }

 private:
  static void run(gpointer self) { static_cast<Outlet*>(self)->iterate(); }
  void iterate();
  // Empty at the end of the stream; nothing while stopping.
  [[nodiscard]] std::optional<Desk::Sound> next();
  void open();
  void push(Desk::Sound sound);
  void judge(GstFlowReturn flow);
  void end_of_stream();

  GstPad* const pad_;
  const std::optional<unsigned> slot_;
  std::atomic<bool> shared_ = true;

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Desk::Sound> waiting_ SPACECAST_GUARDED_BY(mutex_);
  bool lost_ SPACECAST_GUARDED_BY(mutex_) = false;  // Before what waits.
  bool finished_ SPACECAST_GUARDED_BY(mutex_) = false;
  bool stopping_ SPACECAST_GUARDED_BY(mutex_) = true;

  // The task's own.
  bool opened_ = false;
  bool discont_ = true;
  GstFlowReturn flow_ = GST_FLOW_OK;
};

// A pad of the template's type, floating.
[[nodiscard]] GstPad* new_outlet_pad(GstPadTemplate* pad_template, const char* name,
                                     std::optional<unsigned> slot);
[[nodiscard]] Outlet& outlet_of(GstPad* pad);

}  // namespace spacecast
