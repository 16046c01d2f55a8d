// Secrets that somebody else has to know too.
#pragma once

#include <cstddef>
#include <string_view>

namespace spacecast {

// Takes as long for a wrong guess whatever of it is right, so that time tells nothing but the
// length.
[[nodiscard]] inline bool same_secret(std::string_view secret, std::string_view guess) {
  if (secret.size() != guess.size()) return false;
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (secret[i] ^ guess[i]));
  }
  return difference == 0;
}

}  // namespace spacecast
