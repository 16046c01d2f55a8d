#include "plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace spacecast::plan {
namespace {

// 1234567.8 as "1,234,568".
std::string grouped(double number) {
  const std::string digits = fmt::format("{:.0f}", number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

// What is small is not rounded to whole cores.
std::string cores_text(double cores) {
  return (cores < 10 ? fmt::format("{:.2f}", cores) : grouped(std::ceil(cores))) + " cores";
}

Result<void> check(const Question& question) {
  const std::array<std::pair<const char*, double>, 12> numbers{
      {{"viewers", question.viewers},
       {"spaces", question.spaces},
       {"bitrate", question.bitrate_kbps},
       {"part", question.part_s},
       {"renditions", question.renditions},
       {"hours", question.hours},
       {"cores", question.cores},
       {"nic", question.nic_gbps},
       {"headroom", question.headroom},
       {"edges-per-shield", question.edges_per_shield},
       {"worker-cores", question.worker_cores},
       {"edge-core-ms", question.edge_core_ms}}};
  for (const auto& [name, value] : numbers) {
    if (!(value > 0) || !std::isfinite(value)) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} is {}: a positive number is needed", name, value));
    }
  }
  return {};
}

void explain(const Question& question, Plan& plan, double by_traffic, double by_cpu) {
  const auto line = [&plan](std::string what, std::string value, std::string because) {
    plan.lines.push_back({std::move(what), std::move(value), std::move(because)});
  };
  const double parts = 1 / question.part_s;
  line("A viewer asks for", fmt::format("{:.1f} requests/s", plan.requests_per_viewer),
       fmt::format("{:g} renditions x (playlist + part) x {:.2f} parts/s", question.renditions,
                   parts));
  line("A viewer receives", fmt::format("{:.2f} Mbit/s", plan.mbps_per_viewer),
       fmt::format("{:g} kbit/s of media + {:.0f} % for playlists and headers",
                   question.bitrate_kbps, question.overhead * 100));
  line("All viewers", grouped(question.viewers * question.spaces),
       question.spaces == 1 ? "of one Space"
                            : fmt::format("{} of each of {} Spaces", grouped(question.viewers),
                                          grouped(question.spaces)));
  line("They ask for", grouped(plan.requests) + " requests/s", "viewers x requests");
  line("They receive", grouped(plan.gbps) + " Gbit/s", "viewers x Mbit/s");
  line("Edges", grouped(plan.edges),
       fmt::format("the larger of {} for the traffic (of {:g} Gbit/s {:.0f} %) and {} for the CPU "
                   "({:g} ms of a core a "
                   "request, of {:g} cores {:.0f} %)",
                   grouped(by_traffic), question.nic_gbps, question.headroom * 100, grouped(by_cpu),
                   question.edge_core_ms, question.cores, question.headroom * 100));
  line("Edges that have one Space", grouped(plan.edges_per_space),
       "a Space is on as few as can carry it, and on two at least");
  line("Shields", grouped(plan.shields),
       fmt::format("one for {:g} edges, two at least; each asks once for what its edges ask for",
                   question.edges_per_shield));
  line("A worker is asked for", fmt::format("{:.0f} requests/s", plan.origin_requests),
       fmt::format("requests of one viewer x {:g} shields that have its Space, however many watch",
                   plan.shields_per_space));
  line("Workers", cores_text(plan.worker_cores),
       fmt::format("{:g} of a core for each Space", question.worker_cores));
  line("Money", fmt::format("{} for {:g} h", grouped(plan.money), question.hours),
       fmt::format("{} cores at {:g} an hour and {} GB at {:g}",
                   grouped(plan.worker_cores + (plan.edges + plan.shields) * question.cores),
                   question.core_hour, grouped(plan.gbps / 8 * 3600 * question.hours),
                   question.gigabyte));
  line("For a viewer and hour", fmt::format("{:.5f}", plan.money_per_viewer_hour),
       "money / viewers / hours");
}

}  // namespace

Result<Plan> make_plan(const Question& question) {
  if (auto checked = check(question); !checked) return std::unexpected(checked.error());
  Plan plan;
  const double viewers = question.viewers * question.spaces;
  plan.requests_per_viewer = question.renditions * 2 / question.part_s;
  plan.mbps_per_viewer = question.bitrate_kbps * (1 + question.overhead) / 1000;
  plan.requests = viewers * plan.requests_per_viewer;
  plan.gbps = viewers * plan.mbps_per_viewer / 1000;

  const double by_traffic = std::ceil(plan.gbps / (question.nic_gbps * question.headroom));
  const double edge_requests = question.cores * question.headroom * 1000 / question.edge_core_ms;
  const double by_cpu = std::ceil(plan.requests / edge_requests);
  // One that fails must not take a Space with it.
  plan.edges = std::max({2.0, by_traffic, by_cpu});
  const double viewers_per_edge = viewers / plan.edges;
  plan.edges_per_space =
      std::clamp(std::ceil(question.viewers / viewers_per_edge), 2.0, plan.edges);
  plan.shields = std::max(2.0, std::ceil(plan.edges / question.edges_per_shield));
  plan.shields_per_space =
      std::clamp(std::ceil(plan.edges_per_space / question.edges_per_shield), 2.0, plan.shields);
  plan.origin_requests = plan.requests_per_viewer * plan.shields_per_space;
  plan.worker_cores = question.spaces * question.worker_cores;

  const double cores = plan.worker_cores + (plan.edges + plan.shields) * question.cores;
  const double gigabytes = plan.gbps / 8 * 3600 * question.hours;
  plan.money = cores * question.core_hour * question.hours + gigabytes * question.gigabyte;
  plan.money_per_viewer_hour = plan.money / viewers / question.hours;
  explain(question, plan, by_traffic, by_cpu);
  return plan;
}

std::string render_text(const Plan& plan) {
  std::size_t what = 0;
  std::size_t value = 0;
  for (const Line& line : plan.lines) {
    what = std::max(what, line.what.size());
    value = std::max(value, line.value.size());
  }
  std::string text;
  for (const Line& line : plan.lines) {
    text += fmt::format("{:<{}}  {:>{}}   {}\n", line.what, what, line.value, value, line.because);
  }
  return text;
}

}  // namespace spacecast::plan
