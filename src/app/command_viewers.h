// `spacecast viewers URL`: thousands of LL-HLS players without a picture (viewers/fleet.h), to see
// how long after its publication each part is with them.
#pragma once

#include <CLI/CLI.hpp>

namespace spacecast {

// Adds the command; running it sets `status`: 0 after --duration, the end of the stream or a
// signal, 1 where nobody ever had a picture or a report could not be written.
void add_viewers_command(CLI::App& app, int& status);

}  // namespace spacecast
