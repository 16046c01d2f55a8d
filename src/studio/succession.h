// When a session takes over from the one that it replaces. Until then the old one is on stage and
// nothing of the new one is used, so that a connection that comes to nothing costs nothing; then
// the audience must not see that anything happened. Pure.
#pragma once

#include <chrono>
#include <optional>

namespace spacecast::studio {

// A picture that does not come in this time is not waited for: the sound may be better at least.
inline constexpr std::chrono::milliseconds kPictureWait{3'000};
// The old connection is dead, or as good as: what it would take to be as good is moot.
inline constexpr std::chrono::milliseconds kSilentEnough{500};

struct Successor {
  std::optional<std::chrono::microseconds> connected;  // For how long; empty: not yet.
  bool heard = false;  // Something of it was decoded: sound, or a picture where it sends only that.
  bool seen = false;   // A picture was.
};

// `picture`: the old one's camera is seen now, or may be next. `silence`: since anything came from
// the old one.
[[nodiscard]] constexpr bool may_succeed(const Successor& successor, bool picture,
                                         std::optional<std::chrono::microseconds> silence) {
  if (!successor.connected) return false;
  if (silence && *silence >= kSilentEnough) return true;
  if (*successor.connected >= kPictureWait) return true;
  return successor.heard && (successor.seen || !picture);
}

}  // namespace spacecast::studio
