// A loop: one GMainContext that runs on one thread. Threads talk to it by posting closures; nobody
// ever waits on it from another thread (a streaming thread that did would deadlock against
// gst_element_set_state(NULL), which waits for streaming threads).
//
// A Loop is shared: whoever may post holds a shared_ptr. What is posted after the end is dropped,
// and what a closure owns is released with it.
#pragma once

#include <glib.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "glibx/ref.h"

namespace spacecast {

// Closures own what they carry (responders, buffers), so they are move-only.
using Task = std::move_only_function<void()>;

// A repeating or single timer on a Loop; stops when destroyed. Lives and dies on the loop's thread.
class Timer {
 public:
  Timer() = default;
  explicit Timer(Ref<GSource> source) : source_(std::move(source)) {}
  Timer(Timer&&) noexcept = default;
  Timer& operator=(Timer&& other) noexcept {
    stop();
    source_ = std::move(other.source_);
    return *this;
  }
  ~Timer() { stop(); }
  void stop();
  [[nodiscard]] bool armed() const { return static_cast<bool>(source_); }

 private:
  Ref<GSource> source_;
};

class Loop {
 public:
  // A loop on the calling thread (the control loop): run() blocks until quit().
  [[nodiscard]] static std::shared_ptr<Loop> create();
  // A loop on a thread of its own, running at once; the thread ends at quit_and_join().
  [[nodiscard]] static std::shared_ptr<Loop> spawn(const std::string& thread_name);

  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  // From any thread. Tasks of one thread run in the order posted, always from the loop's own
  // iteration, never inside post().
  void post(Task task);

  // On the loop's thread only.
  [[nodiscard]] Timer every(std::chrono::milliseconds period, std::function<void()> task);
  [[nodiscard]] Timer after(std::chrono::milliseconds delay, Task task);
  [[nodiscard]] bool on_thread() const;

  void run();
  void quit();
  // Ends a spawned loop: what was posted before still runs. Not from the loop's own thread.
  void quit_and_join();

  [[nodiscard]] GMainContext* context() const { return context_.get(); }

 private:
  Loop();

  Ref<GMainContext> context_;
  Ref<GMainLoop> loop_;
  std::thread thread_;
};

}  // namespace spacecast
