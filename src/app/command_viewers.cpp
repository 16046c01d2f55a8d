#include "app/command_viewers.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include "viewers/fleet.h"
#include "viewers/report.h"

namespace spacecast {
namespace {

constexpr std::size_t kViewersMax = 20000;
constexpr double kDurationMax = 6 * 3600;

struct ViewersOptions {
  viewers::Fleet::Options fleet;
  std::string report;
  std::string plot;
};

viewers::Fleet* running = nullptr;

void on_signal(int) {
  running->stop();
}

// One line that is written over on a terminal, nothing elsewhere.
void show(const viewers::Tally& tally, const viewers::Fleet::Progress& progress) {
  if (isatty(STDERR_FILENO) == 0) return;
  const viewers::Second& last = tally.seconds().back();
  fmt::print(stderr,
             "\r\033[K{:4.0f} s  {} watching  part p50 {:.0f} ms  p99 {:.0f} ms  {} stalls  {} "
             "errors  {:.1f} Mbit/s",
             progress.elapsed_s, progress.watching, last.parts.quantile(0.5) * 1000,
             last.parts.quantile(0.99) * 1000, tally.stalls(), tally.error_count(),
             static_cast<double>(last.bytes) * 8 / 1e6);
  std::fflush(stderr);
}

bool write_file(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) fmt::print(stderr, "spacecast: {} cannot be written\n", path);
  return !file.fail();
}

bool watch(const ViewersOptions& options) {
  auto fleet = viewers::Fleet::create(options.fleet);
  if (!fleet) {
    fmt::print(stderr, "spacecast: {}\n", fleet.error().message);
    return false;
  }
  running = fleet->get();
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, on_signal);
  const viewers::Tally& tally = (*fleet)->tally();
  (*fleet)->run([&](const viewers::Fleet::Progress& progress) { show(tally, progress); });
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
  if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\033[K");
  fmt::print("{}", viewers::render_text(tally));
  const bool reported = write_file(options.report, viewers::render_json(options.fleet, tally));
  const bool plotted = write_file(options.plot, viewers::render_svg(options.fleet, tally));
  if (tally.start().count() == 0)
    fmt::print(stderr, "spacecast: nobody had a picture of {}\n", options.fleet.urls.front());
  return reported && plotted && tally.start().count() > 0;
}

}  // namespace

void add_viewers_command(CLI::App& app, int& status) {
  auto options = std::make_shared<ViewersOptions>();
  CLI::App* command = app.add_subcommand("viewers",
                                         "Watches a stream with many LL-HLS players that show "
                                         "nothing, and says when each part was with them");
  command
      ->add_option("urls", options->fleet.urls,
                   "The multivariant playlist; several where it is at several caches, and viewers "
                   "take turns")
      ->required();
  command->add_option("--count", options->fleet.count, "How many viewers")
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{1}, kViewersMax));
  command->add_option("--duration", options->fleet.duration_s, "Seconds to watch")
      ->capture_default_str()
      ->check(CLI::Range(1.0, kDurationMax));
  command
      ->add_option("--ramp", options->fleet.ramp_s,
                   "Seconds over which they join, and leave at the end")
      ->capture_default_str()
      ->check(CLI::Range(0.0, kDurationMax));
  command->add_flag("--http2", options->fleet.http2,
                    "HTTP/2 where the address is https; else HTTP/1.1 with keep-alive");
  command->add_flag("--any-certificate", options->fleet.any_certificate,
                    "Do not check the server's certificate");
  command->add_option("--report", options->report, "Write what was seen to a JSON file");
  command->add_option("--plot", options->plot, "Draw the delay over time into an SVG file");
  command->callback([options, &status] { status = watch(*options) ? 0 : 1; });
}

}  // namespace spacecast
