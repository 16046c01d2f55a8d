// `spacecast speaker URL`: a simulated speaker (pipelines/simulated_speaker.h) on a stage or at a
// WHIP endpoint.
#pragma once

#include <CLI/CLI.hpp>

namespace spacecast {

// Adds the command; running it sets `status`: 0 after --duration or a signal, 1 on a fault.
void add_speaker_command(CLI::App& app, int& status);

}  // namespace spacecast
