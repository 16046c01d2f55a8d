// Goal: the plan's arithmetic, on numbers that can be worked out by head.
#include "plan/plan.h"

#include <catch2/catch.hpp>
#include <limits>

using namespace spacecast::plan;

namespace {

// A part a second, of one rendition; an edge that answers 1,000 requests a second and sends 1
// Gbit/s.
Question simple() {
  return {.viewers = 10'000,
          .spaces = 1,
          .bitrate_kbps = 1000,
          .part_s = 1,
          .renditions = 1,
          .hours = 2,
          .cores = 2,
          .nic_gbps = 2,
          .headroom = 0.5,
          .edges_per_shield = 10,
          .worker_cores = 0.5,
          .edge_core_ms = 1,
          .overhead = 0,
          .core_hour = 1,
          .gigabyte = 0.5};
}

}  // namespace

TEST_CASE("a plan is worked out from what one viewer takes") {
  const auto plan = make_plan(simple());
  REQUIRE(plan);
  CHECK(plan->requests_per_viewer == 2);
  CHECK(plan->requests == 20'000);
  CHECK(plan->gbps == Approx(10));
  CHECK(plan->edges == 20);
  CHECK(plan->edges_per_space == 20);
  CHECK(plan->shields == 2);
  CHECK(plan->origin_requests == 4);
  CHECK(plan->worker_cores == 0.5);
  // 44.5 cores for two hours, and 10 Gbit/s for two hours are 9,000 GB.
  CHECK(plan->money == Approx(44.5 * 2 + 4500));
  CHECK(plan->money_per_viewer_hour == Approx(plan->money / 20'000));
}

TEST_CASE("the narrower of network and CPU decides") {
  Question question = simple();
  question.bitrate_kbps = 10'000;
  const auto plan = make_plan(question);
  REQUIRE(plan);
  CHECK(plan->edges == 100);
  CHECK(plan->shields == 10);
}

TEST_CASE("a worker is asked by the shields that have its Space, whoever watches") {
  Question question = simple();
  question.viewers = 1;
  const auto few = make_plan(question);
  question.viewers = 10'000;  // On 20 edges, which two shields carry.
  const auto many = make_plan(question);
  question.viewers = 1e6;  // 2,000 edges.
  const auto most = make_plan(question);
  REQUIRE((few && many && most));
  CHECK(few->edges == 2);
  CHECK(few->origin_requests == 4);
  CHECK(many->origin_requests == 4);
  CHECK(most->shields_per_space == 200);
  CHECK(most->origin_requests == 400);
}

TEST_CASE("many small Spaces are on two edges each") {
  Question question = simple();
  question.viewers = 10;
  question.spaces = 1000;
  const auto plan = make_plan(question);
  REQUIRE(plan);
  CHECK(plan->edges == 20);
  CHECK(plan->edges_per_space == 2);
  CHECK(plan->shields_per_space == 2);
  CHECK(plan->worker_cores == 500);
}

TEST_CASE("what is no positive number is refused by its name") {
  for (const double wrong : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity()}) {
    Question question = simple();
    question.part_s = wrong;
    const auto plan = make_plan(question);
    REQUIRE_FALSE(plan);
    CHECK(plan.error().message.starts_with("part is"));
  }
}

TEST_CASE("every line says how it came about") {
  const auto plan = make_plan({});
  REQUIRE(plan);
  const std::string text = render_text(*plan);
  for (const Line& line : plan->lines) {
    CHECK_FALSE(line.because.empty());
    CHECK(text.find(line.because) != std::string::npos);
  }
  CHECK(text.find("1,200,000") != std::string::npos);
}
