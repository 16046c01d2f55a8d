// Goal: quantiles are right to the width of a class, by second and in all, and memory does not grow
// with what is added.
#include "viewers/tally.h"

#include <catch2/catch.hpp>

using namespace spacecast::viewers;

TEST_CASE("a quantile is right to two per cent") {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.add(i / 1000.0);
  CHECK(histogram.count() == 1000);
  CHECK(histogram.max() == 1.0);
  CHECK(histogram.quantile(0.5) == Approx(0.5).epsilon(0.021));
  CHECK(histogram.quantile(0.99) == Approx(0.99).epsilon(0.021));
  CHECK(histogram.quantile(1) == 1.0);
}

TEST_CASE("an empty histogram and delays out of range have a place") {
  Histogram histogram;
  CHECK(histogram.quantile(0.99) == 0);
  histogram.add(-1);
  histogram.add(1e9);
  CHECK(histogram.count() == 2);
  CHECK(histogram.quantile(1) <= 1e9);
}

TEST_CASE("each second has its own figures, and errors their names") {
  Tally tally;
  tally.part(0.2, 0.010);
  tally.part(3.9, 0.030);
  tally.error(3.5, "404");
  tally.error(3.6, "404");
  tally.viewers(3.0, 12);
  REQUIRE(tally.seconds().size() == 4);
  CHECK(tally.seconds()[0].parts.count() == 1);
  CHECK(tally.seconds()[3].parts.max() == 0.030);
  CHECK(tally.seconds()[3].errors == 2);
  CHECK(tally.seconds()[3].viewers == 12);
  CHECK(tally.errors().at("404") == 2);
  for (int i = 0; i < 1000; ++i) tally.error(1, std::to_string(i));
  CHECK(tally.errors().size() < 50);
  CHECK(tally.error_count() == 1002);
}
