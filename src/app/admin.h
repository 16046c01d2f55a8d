// The admin address: /healthz (alive), /readyz (takes speakers and serves a playlist), /metrics
// (Prometheus). A server of its own, so that it answers however many viewers there are.
#pragma once

#include <functional>
#include <memory>

#include "app/address.h"
#include "app/metrics.h"
#include "base/error.h"
#include "http/server.h"

namespace spacecast {

// `ready` and the metrics are read on the admin server's thread.
[[nodiscard]] Result<std::unique_ptr<http::Server>> start_admin(
    const Address& address, std::function<bool()> ready, std::shared_ptr<const Metrics> metrics);

}  // namespace spacecast
