// What the origin tells caches about itself, besides how long they may keep an answer.
//
// Names of what is to come can be foretold, so that a stranger may ask for any number of parts that
// do not exist, and each is another request here: collapsing does not help. And a refusal that a
// cache keeps for a moment may be wrong in that moment already. A cache that knows where the
// presentation stands answers such requests itself, and drops a refusal that is older than what it
// knows.
//
//   Spacecast-Live: state=1763850000812, first=3, next=123.4, parts=6, advance=8, init=1,
//                   renditions=v0 a0
//
// `state` grows with every change and over restarts; `first` is the oldest segment that is still
// answered, `next` the part that is hinted, `init` the init section that this one needs; no segment
// of the last 32 before that has more than `parts` parts, by more than `advance` nobody may be
// ahead (RFC 8216bis §6.2.5.2), and there are no other renditions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hls/store.h"

namespace spacecast::origin {

inline constexpr const char* kLiveHeader = "Spacecast-Live";

// The rendition that the path is of, whether or not there is such a file.
[[nodiscard]] std::optional<std::size_t> rendition_of(const hls::Snapshot& snapshot,
                                                      std::string_view path);

// The header's value. `epoch` is where this run's states begin to count: milliseconds since 1970
// grow faster than changes come, so a later run's states are higher than all of an earlier one's.
[[nodiscard]] std::string live_edge(const hls::Snapshot& snapshot, std::size_t rendition,
                                    std::uint64_t epoch);

// The same for many requests: made once for each state. On one thread.
class LiveEdges {
 public:
  LiveEdges();
  [[nodiscard]] const std::string& get(const hls::Snapshot& snapshot, std::size_t rendition);

 private:
  const std::uint64_t epoch_;
  std::uint64_t version_ = 0;
  std::vector<std::string> values_;  // By rendition; empty: not made yet.
};

}  // namespace spacecast::origin
