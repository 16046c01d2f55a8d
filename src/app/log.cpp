#include "app/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace spacecast {
namespace {

LogFormat format_in_use = LogFormat::kText;

constexpr std::array<const char*, 3> kLevelNames{"info", "warning", "error"};

std::string timestamp() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(now),
                     now.time_since_epoch().count() % 1000);
}

}  // namespace

void set_log_format(LogFormat format) {
  format_in_use = format;
}

void log_event(LogLevel level, std::string_view event, LogFields fields) {
  const char* level_name = kLevelNames[static_cast<std::size_t>(level)];
  std::string line;
  if (format_in_use == LogFormat::kJson) {
    nlohmann::ordered_json object{{"time", timestamp()}, {"level", level_name}, {"event", event}};
    for (const auto& [key, value] : fields) object[std::string(key)] = value;
    // Text from outside may be no UTF-8; a log line must not fail over it.
    line = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  } else {
    line = fmt::format("{} {:7} {}", timestamp(), level_name, event);
    for (const auto& [key, value] : fields) line += fmt::format(" {}={}", key, value);
  }
  line += '\n';
  // One write a line: lines of several threads do not mix.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace spacecast
