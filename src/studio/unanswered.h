// Offers whose answer is still being made, by the secret of the session that it will be. Each is
// concluded once: with the answer, or refused. Lives on the control loop.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace spacecast::studio {

template <typename Answer>
class Unanswered {
 public:
  using Done = std::function<void(Result<Answer>)>;

  void add(std::string secret, Done done) {
    offers_.push_back({std::move(secret), std::move(done)});
  }

  // Nobody waits any more; the caller concludes. Empty where nobody did.
  [[nodiscard]] Done take(const std::string& secret) {
    const auto found = std::ranges::find(offers_, secret, &Offer::secret);
    if (found == offers_.end()) return {};
    Done done = std::move(found->done);
    offers_.erase(found);
    return done;
  }

  // Where somebody waits: counted, and told.
  void refuse(const std::string& secret, std::string_view detail, ErrorCode code,
              std::atomic<std::uint64_t>& refused) {
    const auto done = take(secret);
    if (!done) return;
    ++refused;
    done(fail(code, fmt::format("no answer could be made: {}", detail)));
  }

 private:
  struct Offer {
    std::string secret;
    Done done;
  };
  std::vector<Offer> offers_;
};

}  // namespace spacecast::studio
