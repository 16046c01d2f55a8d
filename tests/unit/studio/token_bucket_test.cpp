// Goal: a burst is let through, what goes on is held to the rate, and who is told to wait so long
// gets in then. Method: made-up times.
#include "studio/token_bucket.h"

#include <catch2/catch.hpp>

using namespace spacecast::studio;
using namespace std::chrono_literals;

TEST_CASE("a bucket of tokens") {
  TokenBucket bucket(3, 2);
  const TokenBucket::Clock::time_point start(1h);
  const auto taken = [&](std::chrono::milliseconds at) {
    return bucket.take(start + at).count() <= 0;
  };
  for (int i = 0; i < 3; ++i) CHECK(taken(0ms));
  CHECK(bucket.take(start).count() == Approx(0.5));
  CHECK_FALSE(taken(499ms));
  CHECK(taken(501ms));
  CHECK_FALSE(taken(501ms));
  // However long it is quiet, no more is saved than the burst.
  for (int i = 0; i < 3; ++i) CHECK(taken(1h));
  CHECK_FALSE(taken(1h));
  unsigned count = 0;
  for (auto at = 1h + 1ms; at < 1h + 10s; at += 1ms) count += taken(at) ? 1 : 0;
  CHECK(count >= 19);
  CHECK(count <= 20);
}
