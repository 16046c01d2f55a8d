// What a worker tells Prometheus.
#pragma once

#include <memory>

#include "app/metrics.h"
#include "app/recording.h"
#include "gstx/teardown.h"
#include "hls/store.h"
#include "http/server.h"
#include "origin/origin.h"
#include "pipelines/program.h"
#include "studio/space.h"

namespace spacecast {

// Everything here is read on the admin server's thread; `server` outlives it.
struct WorkerParts {
  const http::Server& server;
  std::shared_ptr<const origin::Origin> origin;
  std::shared_ptr<const studio::SpaceCounters> stage;
  std::shared_ptr<const studio::MonitorCounters> monitors;
  std::shared_ptr<const Teardown> teardown;
  std::shared_ptr<const hls::Store> store;
  std::shared_ptr<const Recording> recording;
  ProgramLosses losses;
};

[[nodiscard]] std::shared_ptr<const Metrics> worker_metrics(WorkerParts parts);

}  // namespace spacecast
