// Takes pipelines down off the loop. gst_element_set_state(NULL) waits for streaming threads, and
// webrtcbin 1.22 can deadlock in it while a peer connects; a stuck speaker may cost its own thread
// but must hold up neither the loop nor the next removal. So each removal has a thread of its own,
// which ends with it.
#pragma once

#include <chrono>
#include <memory>

#include "gstx/ref.h"

namespace spacecast {

class Teardown {
 public:
  // A removal that takes longer counts as stuck.
  static constexpr std::chrono::seconds kDeadline{5};

  Teardown();
  Teardown(const Teardown&) = delete;
  Teardown& operator=(const Teardown&) = delete;
  ~Teardown();  // Waits for what is under way, at most kDeadline.

  // Any thread. The caller gives its last reference away; its bus watch must be gone before, which
  // leaves the bus flushing.
  void remove(Ref<GstElement> pipeline);

  // Any thread.
  [[nodiscard]] unsigned running() const;
  // How many have ever passed the deadline, those still stuck included.
  [[nodiscard]] unsigned stuck() const;
  // True when nothing is under way any more.
  [[nodiscard]] bool wait_idle(std::chrono::milliseconds timeout) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace spacecast
