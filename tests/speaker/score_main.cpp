// Scores the detector: makes the conversations of one set, lets the detector and the ways of
// choosing that others use decide who is shown, and prints what came of it as a table.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>

#include "metrics.h"
#include "timeline.h"

namespace {

using namespace spacecast;
using namespace spacecast::score;
using namespace std::chrono_literals;

struct Options {
  std::string clips;
  std::string part = "judge";
  std::string family;
  std::string pictures;
  int lookahead_ms = 500;
  bool quick = false;
  bool only_ours = false;
  bool remarks = false;
  bool check = false;
};

struct Column {
  std::string name;
  std::function<Selection(const Conversation&)> select;
  Metrics all{};
  std::map<Family, Metrics> families{};
};

// What the machine decides is not checked.
constexpr double kNoBound = std::numeric_limits<double>::infinity();

// Which of our columns a target is for.
enum class Where { kNowhere, kWithout, kWith, kBoth };  // Look-ahead.

struct Row {
  std::string name;
  std::string unit;
  int digits;
  std::function<double(const Metrics&)> value;
  Where where = Where::kNowhere;
  bool at_least = false;
  double target = 0;
  double held = 0;  // What --check insists on: the target, or what has been reached of it.
};

const std::vector<Row>& rows() {
  using M = const Metrics&;
  using enum Where;
  static const std::vector<Row> kRows{
      {"right speaker on screen", "%", 1, [](M m) { return 100 * m.right_share(); }, kWith, true,
       97, 97},
      {"onset to cut p50", "s", 2, [](M m) { return m.latency(0.5); }, kWithout, false, 0.25, 0.25},
      {"onset to cut p90", "s", 2, [](M m) { return m.latency(0.9); }, kWithout, false, 0.5, 0.5},
      {"onset to cut p99", "s", 2, [](M m) { return m.latency(0.99); }},
      {"cut within 40 ms of onset", "%", 1, [](M m) { return 100 * m.exact_share(); }, kWith, true,
       90, 88},
      {"cut within 300 ms of onset", "%", 1, [](M m) { return 100 * m.near_share(); }},
      {"turns missed", "%", 2, [](M m) { return 100 * m.missed_share(); }, kBoth, false, 0.5, 1.1},
      {"false switches", "/h", 1, [](M m) { return m.false_per_hour(); }, kWith, false, 4, 4},
      {"flaps", "/h", 1, [](M m) { return m.flaps_per_hour(); }, kWith, false, 2, 3},
      {"hand-over from music p99", "s", 2, [](M m) { return m.music(0.99); }, kBoth, false, 1, 1},
      {"interruption to cut p90", "s", 2, [](M m) { return m.interruption(0.9); }, kBoth, false, 2,
       2},
      {"leaver off screen, worst", "s", 2, [](M m) { return m.left(1); }, kBoth, false, 0.04, 0.04},
      {"switches", "/h", 0, [](M m) { return m.switches_per_hour(); }},
      {"shots under 2 s", "/h", 1, [](M m) { return m.short_shots_per_hour(); }},
      {"CPU a speaker", "% of a core", 2, [](M m) { return 100 * m.cpu_share(); }, kBoth, false,
       0.5, kNoBound},
  };
  return kRows;
}

bool reached(const Row& row, double value, double bound) {
  constexpr double kRounding = 1e-9;
  if (std::isnan(value)) return true;
  return row.at_least ? value >= bound - kRounding : value <= bound + kRounding;
}

// Of our columns that the target is for.
double worst(const Row& row, const std::vector<Column>& columns) {
  const double without = row.value(columns[0].all);
  const double with = row.value(columns[1].all);
  if (row.where == Where::kWithout) return without;
  if (row.where == Where::kWith) return with;
  return row.at_least ? std::fmin(without, with) : std::fmax(without, with);
}

std::string_view to_words(Where where) {
  if (where == Where::kWithout) return " without look-ahead";
  return where == Where::kWith ? " with look-ahead" : "";
}

std::string number(double value, int digits) {
  return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, digits);
}

void print_table(const std::vector<Column>& columns) {
  fmt::print("\n| |");
  for (const Column& column : columns) fmt::print(" {} |", column.name);
  fmt::print(" target |\n|---|");
  for (std::size_t i = 0; i < columns.size(); ++i) fmt::print("---|");
  fmt::print("---|\n");
  for (const Row& row : rows()) {
    fmt::print("| {}, {} |", row.name, row.unit);
    for (const Column& column : columns)
      fmt::print(" {} |", number(row.value(column.all), row.digits));
    if (row.where == Where::kNowhere) {
      fmt::print(" |\n");
      continue;
    }
    fmt::print(" {} {:g}{}: {} |\n", row.at_least ? ">=" : "<=", row.target, to_words(row.where),
               reached(row, worst(row, columns), row.target) ? "reached" : "**falls short**");
  }
}

// Gives how many figures have become worse than they were.
int check(const std::vector<Column>& columns) {
  int worse = 0;
  for (const Row& row : rows()) {
    if (row.where == Where::kNowhere) continue;
    const double value = worst(row, columns);
    if (reached(row, value, row.held)) continue;
    ++worse;
    fmt::print(stderr, "score: {} is {} {}, was at {} {}\n", row.name, number(value, row.digits),
               row.unit, row.at_least ? "least" : "most", number(row.held, row.digits));
  }
  return worse;
}

void print_families(const Column& column) {
  fmt::print("\n{}, by family:\n\n| |", column.name);
  for (const auto& [family, metrics] : column.families) fmt::print(" {} |", to_string(family));
  fmt::print("\n|---|");
  for (std::size_t i = 0; i < column.families.size(); ++i) fmt::print("---|");
  fmt::print("\n");
  for (const Row& row : rows()) {
    fmt::print("| {}, {} |", row.name, row.unit);
    for (const auto& [family, metrics] : column.families) {
      fmt::print(" {} |", number(row.value(metrics), row.digits));
    }
    fmt::print("\n");
  }
}

void print_causes(const Column& column) {
  fmt::print("\nfalse switches of {}:", column.name);
  for (const auto& [cause, count] : column.all.causes()) fmt::print(" {} {}", cause, count);
  fmt::print("\n");
}

bool draw(const Options& options, const Conversation& conversation,
          const std::vector<std::string>& names, const std::vector<Selection>& selections) {
  std::error_code error;
  std::filesystem::create_directories(options.pictures, error);
  std::vector<NamedSelection> named;
  for (std::size_t i = 0; i < names.size(); ++i) named.emplace_back(names[i], &selections[i]);
  std::ofstream file(options.pictures + "/" + conversation.name + ".svg");
  file << draw_timeline(conversation, named, 60s, 110s);
  return file.good();
}

// The conversations asked for: all, or with --quick five minutes of the first of each family.
std::vector<Plan> chosen_plans(const Options& options, Part part) {
  std::vector<Plan> chosen;
  for (Plan plan : plans(part)) {
    if (!options.family.empty() && options.family != to_string(plan.family)) continue;
    if (options.quick) {
      if (!chosen.empty() && chosen.back().family == plan.family) continue;
      plan.length = 5min;
    }
    chosen.push_back(plan);
  }
  return chosen;
}

int run(const Options& options) {
  const Part part = options.part == "tune" ? Part::kTune : Part::kJudge;
  const auto clips = Clips::load(options.clips, part);
  if (!clips) {
    fmt::print(stderr, "score: {}\n", clips.error().message);
    return 1;
  }
  const MediaTime lookahead = std::chrono::milliseconds(options.lookahead_ms);
  std::vector<Column> columns;
  columns.push_back(
      {"spacecast", [](const Conversation& c) { return select_by_detector(c, 0ms); }});
  columns.push_back({fmt::format("spacecast, look-ahead {} ms", options.lookahead_ms),
                     [=](const Conversation& c) { return select_by_detector(c, lookahead); }});
  if (!options.only_ours) {
    columns.push_back({"dominant speaker (Jitsi)", select_dominant});
    columns.push_back({"level (LiveKit)", select_by_livekit_level});
    columns.push_back({"loudest", select_loudest});
  }
  for (const Plan& plan : chosen_plans(options, part)) {
    const Conversation conversation = make_conversation(*clips, plan);
    std::vector<Selection> selections;
    std::vector<std::string> names;
    for (Column& column : columns) {
      selections.push_back(column.select(conversation));
      names.push_back(column.name);
      column.all.add(conversation, selections.back());
      column.families[plan.family].add(conversation, selections.back());
    }
    if (!options.pictures.empty() && !draw(options, conversation, names, selections)) {
      fmt::print(stderr, "score: no picture could be written to {}\n", options.pictures);
      return 1;
    }
  }
  const Metrics& ours = columns[0].all;
  fmt::print(
      "{} set: {:.1f} hours, {} turns, {} hand-overs ({} from music), {} interruptions; voices,\n"
      "keys, bangs, tunes and seeds of the other set are not in it\n",
      options.part, ours.hours(), ours.turns(), ours.hand_overs(), ours.music_hand_overs(),
      ours.interruptions());
  print_table(columns);
  print_families(columns[0]);
  print_families(columns[1]);
  for (const Column& column : columns) print_causes(column);
  if (options.remarks) {
    for (std::size_t i = 0; i < 2; ++i) {
      fmt::print("\n{}\n", columns[i].name);
      for (const std::string& remark : columns[i].all.remarks()) fmt::print("{}\n", remark);
    }
  }
  return options.check && check(columns) > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("score of the active-speaker detector");
  app.add_option("clips", options.clips, "directory that prepare_clips.py made")->required();
  app.add_option("--set", options.part, "which recordings and seeds")
      ->check(CLI::IsMember({"tune", "judge"}));
  app.add_option("--family", options.family, "only these conversations")
      ->check(CLI::IsMember({"calm", "lively", "hostile", "edges"}));
  app.add_option("--pictures", options.pictures,
                 "directory for a timeline of each conversation (SVG)");
  app.add_option("--lookahead", options.lookahead_ms, "milliseconds")->check(CLI::Range(0, 2000));
  app.add_flag("--quick", options.quick, "only five minutes of one conversation of each family");
  app.add_flag("--only-ours", options.only_ours, "leaves the others out");
  app.add_flag("--remarks", options.remarks, "one line for each thing that went wrong");
  app.add_flag("--check", options.check, "fails where a figure has become worse than it was");
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
