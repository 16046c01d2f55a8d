// Goal: posted closures run in order on the loop's thread, and none is lost or run twice.
// Method: a real spawned loop, joined before anything is checked.
#include "glibx/loop.h"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

using namespace spacecast;

TEST_CASE("tasks run in the order posted, on the loop's thread, before it ends") {
  std::vector<int> order;
  bool always_on_thread = true;
  auto loop = Loop::spawn("test");
  for (int i = 0; i < 100; ++i) {
    loop->post([&, i] {
      order.push_back(i);
      always_on_thread = always_on_thread && loop->on_thread();
    });
  }
  loop->quit_and_join();
  REQUIRE(order.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
  CHECK(always_on_thread);
  CHECK_FALSE(loop->on_thread());
}

TEST_CASE("what a dropped task owns is released") {
  auto token = std::make_shared<int>(1);
  {
    auto loop = Loop::create();
    loop->post([held = token] {});
    CHECK(token.use_count() == 2);
  }
  CHECK(token.use_count() == 1);
}

TEST_CASE("a timer stops with its owner") {
  auto loop = Loop::create();
  int ticks = 0;
  Timer timer = loop->every(std::chrono::milliseconds(1), [&] {
    if (++ticks == 3) loop->quit();
  });
  loop->run();
  CHECK(ticks >= 3);
  timer.stop();
  const int stopped_at = ticks;
  Timer end = loop->after(std::chrono::milliseconds(20), [&] { loop->quit(); });
  loop->run();
  CHECK(ticks == stopped_at);
}
