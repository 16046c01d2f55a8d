#include "app/command_plan.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "plan/plan.h"

namespace spacecast {

void add_plan_command(CLI::App& app, int& status) {
  auto question = std::make_shared<plan::Question>();
  CLI::App* command = app.add_subcommand(
      "plan", "Works out what an audience takes: requests, traffic, machines, money");
  const auto number = [&](const char* name, double& value, const char* what) {
    command->add_option(name, value, what)->capture_default_str()->check(CLI::PositiveNumber);
  };
  number("--viewers", question->viewers, "Viewers of each Space");
  number("--spaces", question->spaces, "Spaces at one time");
  number("--bitrate", question->bitrate_kbps, "Picture and sound, in kbit/s");
  number("--part", question->part_s, "Length of a part, in seconds");
  number("--renditions", question->renditions,
         "What a viewer plays: picture and sound are 2, sound alone is 1");
  number("--hours", question->hours, "For so long");
  number("--cores", question->cores, "Of one machine of the edge");
  number("--nic", question->nic_gbps, "Its network, in Gbit/s");
  number("--headroom", question->headroom, "The share of a machine that is used");
  number("--edges-per-shield", question->edges_per_shield, "How many edges ask one shield");
  number("--worker-cores", question->worker_cores,
         "Cores for one Space (measured: scripts/bench space, three on stage)");
  number("--edge-core-ms", question->edge_core_ms,
         "CPU time of an edge for one request, in ms (measured: scripts/bench edge)");
  number("--core-hour", question->core_hour, "Price of a core for an hour, in your money");
  number("--gigabyte", question->gigabyte, "Price of a gigabyte to viewers, in your money");
  command->callback([question, &status] {
    const auto plan = plan::make_plan(*question);
    if (plan) {
      fmt::print("{}", plan::render_text(*plan));
    } else {
      fmt::print(stderr, "spacecast: {}\n", plan.error().message);
    }
    status = plan ? 0 : 2;
  });
}

}  // namespace spacecast
