// ICE candidates as clients announce them, in an offer or trickled (RFC 8839 §5.1, RFC 8840).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace spacecast::studio {

inline constexpr std::size_t kCandidatesMax = 64;  // A session, over its whole life.
inline constexpr std::size_t kFragmentBytesMax = std::size_t{16} * 1024;

// The value of an a=candidate line ("candidate:…") reduced to what is used. Well-formed candidates
// that are of no use to us give an empty optional: TCP (our side does not listen), RTCP's own
// component (everything is multiplexed), and host names, ".local" ones above all: they are never
// resolved, a browser behind one reaches us as a peer-reflexive candidate.
[[nodiscard]] Result<std::optional<std::string>> read_candidate(std::string_view value);

// A trickle-ice-sdpfrag: PATCH on a session (RFC 9725 §4.3.1).
struct IceFragment {
  std::string ufrag;  // Empty where the fragment does not name them.
  std::string password;
  std::vector<std::string> candidates;
};

[[nodiscard]] Result<IceFragment> read_ice_fragment(std::string_view text);

}  // namespace spacecast::studio
