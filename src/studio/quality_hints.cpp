#include "studio/quality_hints.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace spacecast::studio {

bool QualityHints::update(std::span<const Sender> senders, Time now) {
  bool changed = std::erase_if(hints_, [&](const auto& hint) {
                   return std::ranges::find(senders, hint.first, &Sender::id) == senders.end();
                 }) > 0;
  for (const auto& sender : senders) {
    const auto [found, joined] = hints_.try_emplace(sender.id, Hint{.watched_at = now});
    Hint& hint = found->second;
    if (sender.watched) hint.watched_at = now;
    const bool full = now - hint.watched_at < kHold;
    changed = changed || joined || full != hint.full;
    hint.full = full;
  }
  return changed;
}

std::string QualityHints::to_json() const {
  nlohmann::json speakers = nlohmann::json::object();
  for (const auto& [id, hint] : hints_) speakers[id] = hint.full ? "full" : "low";
  return nlohmann::json{{"speakers", std::move(speakers)}}.dump();
}

}  // namespace spacecast::studio
