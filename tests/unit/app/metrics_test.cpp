// Goal: /metrics is Prometheus' text format with the values of the moment.
#include "app/metrics.h"

#include <catch2/catch.hpp>

using namespace spacecast;

TEST_CASE("counters and gauges are read when asked") {
  double waiting = 1;
  Metrics metrics;
  metrics.add_counter("spacecast_joins_total", "Speakers that joined.", [] { return 7.0; });
  metrics.add_gauge("spacecast_waiting", "Requests that wait.", [&] { return waiting; });
  waiting = 3;
  const std::string text = metrics.text();
  CHECK_THAT(text, Catch::Contains("# HELP spacecast_joins_total Speakers that joined.\n"));
  CHECK_THAT(text,
             Catch::Contains("# TYPE spacecast_joins_total counter\nspacecast_joins_total 7\n"));
  CHECK_THAT(text, Catch::Contains("# TYPE spacecast_waiting gauge\nspacecast_waiting 3\n"));
}
