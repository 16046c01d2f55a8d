// How long caches and players may keep what the origin answers (RFC 8216bis §6.2.2, Appendix B.1).
//
// Two departures from B.1, for one reason: names and directives are easy to foretell. If a cache
// kept the 400 for a part that is too far ahead, the 404 for one that is not hinted yet, or a 503,
// then anybody could ask too early and so deny it to everybody. Errors are therefore `no-store`.
//
// The six target durations of a blocking reload are for shared caches. A player never needs the
// same answer twice, and video.js, which asks again for what it has when a segment has ended, would
// get it from its browser's cache without waiting for anything new.
#pragma once

#include <string>

#include "base/media_time.h"
#include "hls/reload.h"
#include "hls/store.h"

namespace spacecast::origin {

enum class CacheClass {
  kNewest,    // A playlist without a blocking directive: the newest there is, so kept very briefly.
  kBlocking,  // Its URL names the state that it shows.
};

// The value of a playlist's Cache-Control.
[[nodiscard]] std::string cache_control(CacheClass cache_class, const hls::StoreConfig& config);

// Of kInit, kSegment and kPart: no longer than the store will answer it (§6.2.2).
[[nodiscard]] std::string cache_control(const hls::Snapshot& snapshot,
                                        const hls::Resource& resource);

}  // namespace spacecast::origin
