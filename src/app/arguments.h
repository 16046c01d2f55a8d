// What an option's value may be, and where it comes from: the command line wins over the
// environment (SPACECAST_<OPTION>), the environment over the TOML file of --config.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace spacecast {

// What `parse` (text to Result) takes; its error says in one line what is allowed, and CLI11 puts
// the option's name in front.
template <typename Parse>
CLI::Validator parsed_by(Parse parse, std::string type_name) {
  return CLI::Validator(
      [parse](std::string& value) -> std::string {
        const auto parsed = parse(value);
        return parsed ? std::string() : parsed.error().message;
      },
      std::move(type_name));
}

// The arguments of `command` with those of file and environment in front, so that a later value of
// the same option wins (every option of the command takes its last value). `given` is what followed
// the command's name. Fails on an unreadable file and on a key that is no option.
[[nodiscard]] Result<std::vector<std::string>> layered_arguments(const CLI::App& command,
                                                                 std::vector<std::string> given);

}  // namespace spacecast
