#include "app/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <sstream>
#include <utility>

// toml++ reports as values, header-only: its shared library is built to throw.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace spacecast {
namespace {

constexpr std::uintmax_t kConfigBytesMax = 65536;

std::string environment_name(const std::string& option) {
  std::string name = "SPACECAST_" + option;
  std::ranges::transform(name, name.begin(), [](unsigned char c) {
    return c == '-' ? '_' : static_cast<char>(std::toupper(c));
  });
  return name;
}

// Names of the command's options without dashes, `help` and `config` left out.
std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    const auto& long_names = option->get_lnames();
    if (!long_names.empty() && long_names[0] != "help" && long_names[0] != "config") {
      names.push_back(long_names[0]);
    }
  }
  return names;
}

std::optional<std::string> config_file(const std::vector<std::string>& given) {
  std::optional<std::string> file;
  if (const char* variable = std::getenv("SPACECAST_CONFIG")) file = variable;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i] == "--config" && i + 1 < given.size()) file = given[i + 1];
    if (given[i].starts_with("--config=")) file = given[i].substr(9);
  }
  return file;
}

std::string value_text(const toml::node& value) {
  if (const auto* list = value.as_array()) {
    std::vector<std::string> texts;
    for (const auto& entry : *list) texts.push_back(value_text(entry));
    return fmt::format("{}", fmt::join(texts, ","));
  }
  if (const auto* text = value.as_string()) return text->get();
  std::ostringstream stream;
  value.visit([&](const auto& node) { stream << node; });
  return stream.str();
}

Result<std::vector<std::string>> from_file(const CLI::App& command, const std::string& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) {
    return fail(ErrorCode::kIo, fmt::format("config {}: {}", file, error.message()));
  }
  if (size > kConfigBytesMax) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("config {}: {} bytes; at most {} are read",
                                                         file, size, kConfigBytesMax));
  }
  const toml::parse_result parsed = toml::parse_file(file);
  if (!parsed) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("config {}, line {}: {}", file, parsed.error().source().begin.line,
                            parsed.error().description()));
  }
  const auto names = option_names(command);
  std::vector<std::string> arguments;
  for (const auto& [key, value] : parsed.table()) {
    const std::string name(key.str());
    if (std::ranges::find(names, name) == names.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("config {}: unknown key \"{}\" = {}; allowed are {}", file, name,
                              value_text(value), fmt::join(names, ", ")));
    }
    arguments.push_back(fmt::format("--{}={}", name, value_text(value)));
  }
  return arguments;
}

std::vector<std::string> from_environment(const CLI::App& command) {
  std::vector<std::string> arguments;
  for (const std::string& name : option_names(command)) {
    if (const char* value = std::getenv(environment_name(name).c_str())) {
      arguments.push_back(fmt::format("--{}={}", name, value));
    }
  }
  return arguments;
}

// What is given above counts alone: a list is not added to.
void add_below(std::vector<std::string>& above, const std::vector<std::string>& below) {
  const auto is_given = [&](const std::string& argument) {
    const auto name = argument.substr(0, argument.find('='));
    return std::ranges::any_of(above, [&](const std::string& other) {
      return other == name || other.starts_with(name + "=");
    });
  };
  std::vector<std::string> missing;
  std::ranges::copy_if(below, std::back_inserter(missing), std::not_fn(is_given));
  above.insert(above.begin(), missing.begin(), missing.end());
}

}  // namespace

Result<std::vector<std::string>> layered_arguments(const CLI::App& command,
                                                   std::vector<std::string> given) {
  const auto file = config_file(given);
  add_below(given, from_environment(command));
  if (file) {
    const auto from = from_file(command, *file);
    if (!from) return std::unexpected(from.error());
    add_below(given, *from);
  }
  return given;
}

}  // namespace spacecast
