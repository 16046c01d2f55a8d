// Figures for operators, read when Prometheus asks (text format 0.0.4): what counts keeps its own
// atomics and does not know that it is measured.
#pragma once

#include <prometheus/metric_family.h>

#include <functional>
#include <string>
#include <vector>

namespace spacecast {

class Metrics {
 public:
  using Read = std::function<double()>;

  // `read` is called from the admin server's thread.
  void add_counter(std::string name, std::string help, Read read);
  void add_gauge(std::string name, std::string help, Read read);

  [[nodiscard]] std::string text() const;

 private:
  struct Metric {
    std::string name;
    std::string help;
    prometheus::MetricType type;
    Read read;
  };
  std::vector<Metric> metrics_;
};

}  // namespace spacecast
