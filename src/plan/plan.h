// What an audience takes: requests, traffic, machines, money. Arithmetic that anyone can follow:
// each line of a plan says how it was worked out, and each figure that goes into it which benchmark
// of this repository it was measured with, or that it is the reader's own. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace spacecast::plan {

// What is asked, and what is known of the machines and prices; the defaults are measured where that
// is possible.
struct Question {
  double viewers = 1'200'000;  // Of each Space.
  double spaces = 1;           // At one time.
  double bitrate_kbps = 2100;  // Picture and sound.
  double part_s = 1.0 / 3;     // Length of a part.
  double renditions = 2;       // That a viewer plays: picture and sound.
  double hours = 1;

  // A machine of the edge, and how much of it may be used.
  double cores = 16;
  double nic_gbps = 25;
  double headroom = 0.6;
  double edges_per_shield = 50;

  // Measured on the machine that the benchmarks ran on.
  double worker_cores = 0.73;  // Of a Space with three people on stage: scripts/bench space.
  double edge_core_ms = 0.12;  // CPU time of an edge for a request: scripts/bench edge.
  double overhead = 0.06;      // Allowed for playlists and headers, as a share of the media.

  // Prices are the reader's own.
  double core_hour = 0.04;
  double gigabyte = 0.004;
};

struct Line {
  std::string what;
  std::string value;
  std::string because;
};

struct Plan {
  double requests_per_viewer = 0;  // A second.
  double mbps_per_viewer = 0;
  double requests = 0;  // Of all viewers, a second.
  double gbps = 0;
  double edges = 0;
  double edges_per_space = 0;
  double shields_per_space = 0;
  double shields = 0;
  double origin_requests = 0;  // At one Space's worker, a second.
  double worker_cores = 0;     // Of all Spaces.
  double money = 0;            // For all hours.
  double money_per_viewer_hour = 0;
  std::vector<Line> lines;
};

// kInvalidArgument where a number is not positive.
[[nodiscard]] Result<Plan> make_plan(const Question& question);

[[nodiscard]] std::string render_text(const Plan& plan);

}  // namespace spacecast::plan
