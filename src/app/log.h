// What an operator reads: one line an event on standard error, as text or as JSON.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace spacecast {

enum class LogFormat { kText, kJson };
enum class LogLevel { kInfo, kWarning, kError };

using LogFields = std::initializer_list<std::pair<std::string_view, std::string>>;

// Before the first line is written.
void set_log_format(LogFormat format);

// Any thread.
void log_event(LogLevel level, std::string_view event, LogFields fields = {});

}  // namespace spacecast
