// Where an option's value comes from: the command line wins over the environment
// (SPACECAST_<OPTION>), the environment over the TOML file of --config.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/error.h"

namespace spacecast {

// The arguments of `command` with those of file and environment in front, so that a later value of
// the same option wins (every option of the command takes its last value). `given` is what followed
// the command's name. Fails on an unreadable file and on a key that is no option.
[[nodiscard]] Result<std::vector<std::string>> layered_arguments(const CLI::App& command,
                                                                 std::vector<std::string> given);

}  // namespace spacecast
