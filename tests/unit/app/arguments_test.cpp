// Goal: the command line wins over the environment, the environment over the file; faults name the
// key. Method: a command like the real one, a file in a temporary directory, the process's own
// environment.
#include "app/arguments.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace spacecast;

namespace {

struct Command {
  CLI::App app{"test"};
  CLI::App* run = app.add_subcommand("run");
  std::string ice_address;
  int drain = 1;
  bool open = false;
  std::vector<std::string> stun;

  Command() {
    run->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    run->add_option("--config");
    run->add_option("--ice-address", ice_address);
    run->add_option("--drain", drain);
    run->add_flag("--open", open);
    run->add_option("--stun", stun)
        ->delimiter(',')
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }

  Result<void> parse(std::vector<std::string> given) {
    auto layered = layered_arguments(*run, std::move(given));
    if (!layered) return std::unexpected(layered.error());
    layered->insert(layered->begin(), "run");
    std::reverse(layered->begin(), layered->end());
    app.parse(*layered);
    return {};
  }
};

class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("spacecast-arguments-" + std::to_string(getpid()) + ".toml")) {
    std::ofstream(path_) << text;
  }
  ~ConfigFile() { std::filesystem::remove(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("file, environment, command line: the later wins") {
  const ConfigFile file("ice-address = \"10.0.0.1\"\ndrain = 5\nopen = true\n");
  SECTION("file") {
    Command command;
    REQUIRE(command.parse({"--config", file.path()}));
    CHECK(command.ice_address == "10.0.0.1");
    CHECK(command.drain == 5);
    CHECK(command.open);
  }
  SECTION("environment over file") {
    const Variable config("SPACECAST_CONFIG", file.path());
    const Variable address("SPACECAST_ICE_ADDRESS", "10.0.0.2");
    const Variable open("SPACECAST_OPEN", "false");
    Command command;
    REQUIRE(command.parse({}));
    CHECK(command.ice_address == "10.0.0.2");
    CHECK(command.drain == 5);
    CHECK_FALSE(command.open);
  }
  SECTION("command line over both") {
    const Variable address("SPACECAST_ICE_ADDRESS", "10.0.0.2");
    Command command;
    REQUIRE(command.parse({"--config=" + file.path(), "--ice-address", "10.0.0.3"}));
    CHECK(command.ice_address == "10.0.0.3");
  }
}

TEST_CASE("a list is replaced as a whole by whoever stands above") {
  const ConfigFile file("stun = [\"stun:a\", \"stun:b\"]\n");
  {
    Command command;
    REQUIRE(command.parse({"--config", file.path()}));
    CHECK(command.stun == std::vector<std::string>{"stun:a", "stun:b"});
  }
  const Variable variable("SPACECAST_STUN", "stun:c,stun:d");
  {
    Command command;
    REQUIRE(command.parse({"--config", file.path()}));
    CHECK(command.stun == std::vector<std::string>{"stun:c", "stun:d"});
  }
  Command command;
  REQUIRE(command.parse({"--config", file.path(), "--stun", "stun:e", "--stun=stun:f"}));
  CHECK(command.stun == std::vector<std::string>{"stun:e", "stun:f"});
}

TEST_CASE("faults of the file name file, key and what is allowed") {
  const auto refused = [](const std::string& text) {
    const ConfigFile file(text);
    const auto parsed = Command().parse({"--config", file.path()});
    REQUIRE_FALSE(parsed);
    CHECK_THAT(parsed.error().message, Catch::Contains(file.path()));
    return parsed.error().message;
  };
  CHECK_THAT(refused("drian = 5\n"),
             Catch::Contains("drian") && Catch::Contains("5") && Catch::Contains("drain, "));
  CHECK_THAT(refused("drain = \n"), Catch::Contains("line 1"));
  CHECK_THAT(refused(std::string(70000, '#')), Catch::Contains("65536"));
  CHECK_FALSE(Command().parse({"--config", "/nowhere/at/all.toml"}));
}
