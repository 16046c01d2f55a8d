// `spacecast plan`: what an audience takes, worked out line by line (plan/plan.h).
#pragma once

#include <CLI/CLI.hpp>

namespace spacecast {

// Adds the command; running it prints the plan and sets `status` to 0.
void add_plan_command(CLI::App& app, int& status);

}  // namespace spacecast
