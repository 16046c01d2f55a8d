#include "hls/playlist_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace spacecast::hls {

using std::chrono::floor;
using std::chrono::milliseconds;

namespace {

// The bytes of the UTF-8 character that `text` begins with, as the Unicode standard's table 3-7 has
// them; 0 where it is none.
std::size_t character_length(std::string_view text) {
  const auto in = [&](std::size_t i, unsigned from, unsigned to) {
    return i < text.size() && static_cast<unsigned char>(text[i]) >= from &&
           static_cast<unsigned char>(text[i]) <= to;
  };
  const auto rest = [&](std::size_t from, std::size_t length) -> std::size_t {
    for (std::size_t i = from; i < length; ++i) {
      if (!in(i, 0x80, 0xbf)) return 0;
    }
    return length;
  };
  if (in(0, 0x00, 0x7f)) return 1;
  if (in(0, 0xc2, 0xdf)) return rest(1, 2);
  if (in(0, 0xe0, 0xe0)) return in(1, 0xa0, 0xbf) ? rest(2, 3) : 0;
  if (in(0, 0xed, 0xed)) return in(1, 0x80, 0x9f) ? rest(2, 3) : 0;
  if (in(0, 0xe1, 0xef)) return rest(1, 3);
  if (in(0, 0xf0, 0xf0)) return in(1, 0x90, 0xbf) ? rest(2, 4) : 0;
  if (in(0, 0xf1, 0xf3)) return rest(1, 4);
  if (in(0, 0xf4, 0xf4)) return in(1, 0x80, 0x8f) ? rest(2, 4) : 0;
  return 0;
}

// C0, DEL and C1.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (first == 0xc2) return static_cast<unsigned char>(character[1]) < 0xa0;
  return first < 0x20 || first == 0x7f;
}

}  // namespace

std::string duration_text(MediaTime duration) {
  constexpr std::int64_t kUnit = 10'000;  // Nanoseconds in the fifth decimal.
  const std::int64_t units = (duration.count() + kUnit / 2) / kUnit;
  return fmt::format("{}.{:05}", units / 100'000, units % 100'000);
}

std::string part_duration_text(MediaTime duration) {
  const std::int64_t units = std::chrono::ceil<std::chrono::microseconds>(duration).count();
  return fmt::format("{}.{:06}", units / 1'000'000, units % 1'000'000);
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
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(character.size());
    if (length == 0) {
      out += "\ufffd";
    } else if (is_control(character)) {
      continue;
    } else if (character == "\"") {
      out += '\'';
    } else if (character == "$" && out.ends_with('{')) {
      out += "\uff04";  // FULLWIDTH DOLLAR SIGN looks the same to people.
    } else {
      out += character;
    }
  }
  return out;
}

}  // namespace spacecast::hls
