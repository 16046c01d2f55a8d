// The places of those who were lost: whoever comes back soon is who they were, and where they were.
// Somebody who left or was removed has none. Pure.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace spacecast::studio {

// What a session hands on to the one that replaces it.
struct Place {
  std::string id;    // As everybody knows it.
  std::string name;  // Which a host may have changed.
  unsigned slot = 0;
  bool camera = false;
  bool muted = false;
  bool hand = false;
};

class Places {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kKept{60};
  static constexpr std::size_t kMax = 64;  // Past it the oldest is forgotten.

  // `secret` is the lost session's: whoever has it is that speaker.
  void keep(std::string secret, Place place, Time now);
  // The place, once.
  [[nodiscard]] std::optional<Place> take(std::string_view secret, Time now);

 private:
  struct Kept {
    std::string secret;
    Place place;
    Time until;
  };
  std::deque<Kept> kept_;  // In the order in which they end.
};

}  // namespace spacecast::studio
