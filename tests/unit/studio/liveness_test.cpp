// Goal: silence is told from muteness, and late from gone. Method: a table around every limit.
#include "studio/liveness.h"

#include <catch2/catch.hpp>

using namespace spacecast::studio;
using namespace std::chrono_literals;

TEST_CASE("a connection is judged by its age and silence") {
  struct Case {
    bool connected;
    std::chrono::microseconds age;
    std::optional<std::chrono::microseconds> silence;
    const char* says;
  };
  const Case cases[] = {
      {false, 0s, {}, "connecting"},
      {false, 9999ms, {}, "connecting"},
      {false, 10s, {}, "lost"},
      {false, 10s, 0s, "lost"},  // Packets of a peer that is not verified are no sign of life.
      {true, 1s, 0s, "connected"},
      {true, 1h, 4999ms, "connected"},
      {true, 1h, 5s, "unstable"},
      {true, 1h, 11999ms, "unstable"},
      {true, 1h, 12s, "lost"},
      {true, 1h, {}, "connected"},  // Neither microphone nor camera: ICE says when they are gone.
  };
  for (const auto& c : cases) {
    INFO("age " << c.age.count() << " silence " << (c.silence ? c.silence->count() : -1));
    CHECK(to_text(judge_liveness({}, c.connected, c.age, c.silence)) == c.says);
  }
}
