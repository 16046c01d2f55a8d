// Waiting for a condition on a loop that the test runs itself.
#pragma once

#include <chrono>
#include <functional>

#include "glibx/loop.h"

namespace spacecast::test {

// Runs the loop until `done`; false at the deadline. Quits once: Loop::quit() is posted, and a
// second one that is still to come would end the next run at its start.
inline bool run_until(Loop& loop, std::chrono::milliseconds deadline,
                      const std::function<bool()>& done) {
  bool over = false;
  bool reached = false;
  const auto finish = [&] {
    over = true;
    loop.quit();
  };
  const Timer look = loop.every(std::chrono::milliseconds(5), [&] {
    if (over || !done()) return;
    reached = true;
    finish();
  });
  const Timer end = loop.after(deadline, [&] {
    if (!over) finish();
  });
  loop.run();
  return reached;
}

}  // namespace spacecast::test
