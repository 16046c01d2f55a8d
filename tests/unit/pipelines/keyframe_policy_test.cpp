// Goal: keyframes are asked for when needed, once a second at most, and no request is forgotten.
// Method: a clock made by hand.
#include "pipelines/keyframe_policy.h"

#include <catch2/catch.hpp>

using namespace spacecast;
using namespace std::chrono_literals;

TEST_CASE("one request a second; what was held back is owed") {
  KeyframePolicy policy;
  CHECK(policy.request(10s));
  CHECK_FALSE(policy.request(10s + 500ms));
  CHECK_FALSE(policy.packet(10s + 900ms));
  CHECK(policy.packet(11s));
  CHECK(policy.request(11s));  // What the packet made due.
  policy.picture(11s);
  CHECK_FALSE(policy.packet(11s + 500ms));
  CHECK_FALSE(policy.packet(11s + 999ms));
}

TEST_CASE("two who ask for the same are one") {
  KeyframePolicy policy;
  CHECK(policy.request(10s));
  CHECK_FALSE(policy.request(10s + 100ms));
  policy.picture(10s + 200ms);
  CHECK_FALSE(policy.packet(11s));
}

TEST_CASE("packets without a picture for a second") {
  KeyframePolicy policy;
  CHECK_FALSE(policy.packet(10s));
  CHECK_FALSE(policy.packet(10s + 500ms));
  CHECK(policy.packet(11s));
  CHECK(policy.request(11s));
  CHECK_FALSE(policy.packet(11s + 500ms));
  CHECK(policy.packet(12s));
}

TEST_CASE("nothing is asked for while nobody watches") {
  KeyframePolicy policy;
  CHECK(policy.request(10s));
  CHECK_FALSE(policy.request(10s + 200ms));  // Owed.
  policy.set_watched(false, 10s + 300ms);
  CHECK_FALSE(policy.packet(11s));
  CHECK_FALSE(policy.packet(11s + 900ms));
  CHECK_FALSE(policy.packet(12s + 800ms));
  CHECK_FALSE(policy.request(12s + 800ms));
  // The first request goes out at once; what went by unwatched is not held against the sender.
  policy.set_watched(true, 12s + 900ms);
  CHECK_FALSE(policy.packet(12s + 900ms));
  CHECK(policy.request(12s + 900ms));
  CHECK_FALSE(policy.packet(13s + 800ms));
  CHECK(policy.packet(13s + 900ms));
}

TEST_CASE("being watched again and again does not ask more often") {
  KeyframePolicy policy;
  CHECK(policy.request(10s));
  policy.set_watched(false, 10s + 100ms);
  policy.set_watched(true, 10s + 200ms);
  CHECK_FALSE(policy.request(10s + 200ms));
  CHECK_FALSE(policy.packet(10s + 900ms));
  CHECK(policy.packet(11s));
}

TEST_CASE("a camera that was off is no fault") {
  KeyframePolicy policy;
  CHECK_FALSE(policy.packet(10s));
  policy.picture(10s);
  CHECK_FALSE(policy.packet(20s));  // The first after the pause.
  CHECK_FALSE(policy.packet(20s + 500ms));
  policy.picture(20s + 500ms);
  CHECK_FALSE(policy.packet(21s + 400ms));
}
