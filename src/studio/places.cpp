#include "studio/places.h"

#include <algorithm>

#include "base/secret.h"

namespace spacecast::studio {

void Places::keep(std::string secret, Place place, Time now) {
  if (kept_.size() == kMax) kept_.pop_front();
  kept_.push_back({std::move(secret), std::move(place), now + kKept});
}

std::optional<Place> Places::take(std::string_view secret, Time now) {
  while (!kept_.empty() && kept_.front().until <= now) kept_.pop_front();
  const auto found = std::ranges::find_if(
      kept_, [&](const Kept& kept) { return same_secret(kept.secret, secret); });
  if (found == kept_.end()) return std::nullopt;
  auto place = std::move(found->place);
  kept_.erase(found);
  return place;
}

}  // namespace spacecast::studio
