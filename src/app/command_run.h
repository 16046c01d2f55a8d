// `spacecast run`: hosts one Space.
#pragma once

#include <CLI/CLI.hpp>

namespace spacecast {

// Adds the command; running it sets `status` (0 ended in order, 1 fault, 2 bad usage).
void add_run_command(CLI::App& app, int& status);

}  // namespace spacecast
