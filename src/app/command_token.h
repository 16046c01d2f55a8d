// `spacecast token`: makes a join token (studio/token.h).
#pragma once

#include <CLI/CLI.hpp>

namespace spacecast {

// Adds the command; running it prints the token on one line and sets `status` to 0, or to 2 where
// the key cannot be used.
void add_token_command(CLI::App& app, int& status);

}  // namespace spacecast
