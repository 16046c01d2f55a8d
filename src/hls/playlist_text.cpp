#include "hls/playlist_text.h"

#include <fmt/format.h>

namespace spacecast::hls {

using std::chrono::floor;
using std::chrono::milliseconds;

std::string duration_text(MediaTime duration) {
  constexpr std::int64_t unit = 10'000;  // Nanoseconds in the fifth decimal.
  const std::int64_t units = (duration.count() + unit / 2) / unit;
  return fmt::format("{}.{:05}", units / 100'000, units % 100'000);
}

std::string milliseconds_text(MediaTime time) {
  const std::int64_t count = std::chrono::duration_cast<milliseconds>(time).count();
  return fmt::format("{}.{:03}", count / 1000, count % 1000);
}

std::string wall_time_text(WallTime time) {
  const auto rounded = std::chrono::round<milliseconds>(time);
  const auto day = floor<std::chrono::days>(rounded);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(rounded - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::string quotable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte < 0x20 || byte == 0x7f) continue;
    if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {  // C1 controls in UTF-8.
      ++i;
      continue;
    }
    if (byte == '"') {
      out += '\'';
    } else if (byte == '$' && !out.empty() && out.back() == '{') {
      out += "\uff04";  // FULLWIDTH DOLLAR SIGN looks the same to people.
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace spacecast::hls
