// What quality of picture each speaker is to send: full while it may be seen, low while nobody sees
// it. Raised at once, lowered only after a while, because whoever has just spoken is likely to
// speak again, and a sender takes a moment to be good. Who joins begins with the full quality, so
// that the sender learns what the network carries. Pure.
#pragma once

#include <chrono>
#include <map>
#include <span>
#include <string>

namespace spacecast::studio {

struct Sender {
  std::string id;
  bool watched = false;
};

class QualityHints {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kHold{5};

  // Everybody on stage, as of now. True where somebody's hint is another than before.
  bool update(std::span<const Sender> senders, Time now);

  // The data of the event "hint": {"speakers":{id:"full"|"low"}}
  [[nodiscard]] std::string to_json() const;

 private:
  struct Hint {
    bool full = true;
    Time watched_at;  // Last; or joined.
  };
  std::map<std::string, Hint> hints_;
};

}  // namespace spacecast::studio
