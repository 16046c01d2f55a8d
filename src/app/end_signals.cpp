#include "app/end_signals.h"

#include <glib-unix.h>

#include <csignal>
#include <cstdlib>
#include <utility>

namespace spacecast {

EndSignals::EndSignals(const Loop& loop, std::function<void()> end) : end_(std::move(end)) {
  for (const int number : {SIGTERM, SIGINT}) {
    GSource* source = g_unix_signal_source_new(number);
    g_source_set_callback(source, on_signal, this, nullptr);
    g_source_attach(source, loop.context());
    sources_.push_back(adopt(source));
  }
}

EndSignals::~EndSignals() {
  for (const auto& source : sources_) g_source_destroy(source.get());
}

gboolean EndSignals::on_signal(gpointer data) {
  auto* self = static_cast<EndSignals*>(data);
  if (std::exchange(self->ending_, true)) std::_Exit(1);
  self->end_();
  return G_SOURCE_CONTINUE;
}

}  // namespace spacecast
