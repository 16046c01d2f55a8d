// Goal: a session takes over when the audience will not notice, and at once where the old one is
// dead. Method: a table.
#include "studio/succession.h"

#include <catch2/catch.hpp>

using namespace spacecast::studio;
using namespace std::chrono_literals;

TEST_CASE("when a session takes over") {
  struct Case {
    std::optional<std::chrono::microseconds> connected;
    bool heard, seen, picture;
    std::optional<std::chrono::microseconds> silence;
    bool succeeds;
  };
  const Case cases[] = {
      {{}, true, true, true, 10s, false},        // Not connected: nothing it sent may be used.
      {0ms, false, false, false, 20ms, false},   // Nothing decoded yet.
      {0ms, true, false, false, 20ms, true},     // Sound is enough where no picture is seen.
      {0ms, true, false, true, 20ms, false},     // The picture is waited for,
      {2999ms, true, false, true, 20ms, false},  //
      {3s, false, false, true, 20ms, true},      // but not for ever.
      {0ms, true, true, true, 20ms, true},       //
      {0ms, false, false, true, 499ms, false},   // The old one goes on:
      {0ms, false, false, true, 500ms, true},    // no more.
      {0ms, true, true, true, {}, true},         // The old one never sent anything.
      {0ms, false, false, false, {}, false},
  };
  for (const auto& c : cases) {
    INFO("case " << &c - cases);
    CHECK(may_succeed({.connected = c.connected, .heard = c.heard, .seen = c.seen}, c.picture,
                      c.silence) == c.succeeds);
  }
}
