// The program: one command line, one command a file.
#include <gst/gst.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/arguments.h"
#include "app/command_detect.h"
#include "app/command_plan.h"
#include "app/command_run.h"
#include "app/command_speaker.h"
#include "app/command_token.h"
#include "app/command_viewers.h"

namespace {

constexpr int kBadUsage = 2;

// A connection is a descriptor and so is each of a speaker's sockets; the soft limit of 1024 is for
// programs that use select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// `run` takes its options from a file and the environment too.
std::vector<std::string> arguments_for(CLI::App& app, std::vector<std::string> given) {
  if (given.empty() || given[0] != "run") return given;
  CLI::App& command = *app.get_subcommand("run");
  given.erase(given.begin());
  auto layered = spacecast::layered_arguments(command, std::move(given));
  if (!layered) throw CLI::ConfigError(layered.error().message);
  layered->insert(layered->begin(), "run");
  return std::move(*layered);
}

}  // namespace

int main(int argc, char** argv) {
  raise_descriptor_limit();
  gst_init(nullptr, nullptr);
  CLI::App app("spacecast: live Spaces with video, as low-latency HLS");
  app.set_version_flag("--version", SPACECAST_VERSION);
  app.require_subcommand(1);
  int status = 0;
  spacecast::add_run_command(app, status);
  spacecast::add_speaker_command(app, status);
  spacecast::add_token_command(app, status);
  spacecast::add_detect_command(app, status);
  spacecast::add_viewers_command(app, status);
  spacecast::add_plan_command(app, status);

  // CLI11 reports by throwing; its exceptions end here.
  try {
    auto arguments = arguments_for(app, {argv + 1, argv + argc});
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back.
    app.parse(std::move(arguments));
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::Error& error) {
    std::fprintf(stderr, "spacecast: %s\n", error.what());
    return kBadUsage;
  }
  return status;
}
