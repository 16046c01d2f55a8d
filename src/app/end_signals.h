// SIGTERM and SIGINT as an orderly end, on a loop.
#pragma once

#include <functional>
#include <vector>

#include "glibx/loop.h"
#include "glibx/ref.h"

namespace spacecast {

// Calls `end` on the loop at the first of them; a second one ends the process at once, with
// status 1. While this lives, neither signal has its usual effect. One at a time in a process.
class EndSignals {
 public:
  EndSignals(const Loop& loop, std::function<void()> end);
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;
  ~EndSignals();

 private:
  static gboolean on_signal(gpointer data);

  std::function<void()> end_;
  std::vector<Ref<GSource>> sources_;
  bool ending_ = false;
};

}  // namespace spacecast
