// `spacecast detect FILE...`: the active-speaker detector on recordings, one file a speaker.
#pragma once

#include <CLI/CLI.hpp>

namespace spacecast {

// Adds the command; running it prints one JSON line per decision and sets `status`: 0 when all
// files were heard to their end, 1 on a fault.
void add_detect_command(CLI::App& app, int& status);

}  // namespace spacecast
