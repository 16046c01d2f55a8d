#include "app/metrics.h"

#include <prometheus/text_serializer.h>

#include <utility>

namespace spacecast {

void Metrics::add_counter(std::string name, std::string help, Read read) {
  metrics_.push_back(
      {std::move(name), std::move(help), prometheus::MetricType::Counter, std::move(read)});
}

void Metrics::add_gauge(std::string name, std::string help, Read read) {
  metrics_.push_back(
      {std::move(name), std::move(help), prometheus::MetricType::Gauge, std::move(read)});
}

std::string Metrics::text() const {
  std::vector<prometheus::MetricFamily> families;
  families.reserve(metrics_.size());
  for (const Metric& metric : metrics_) {
    prometheus::ClientMetric value;
    value.counter.value = metric.read();
    value.gauge.value = value.counter.value;
    families.push_back({metric.name, metric.help, metric.type, {value}});
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace spacecast
