// The multivariant playlist (RFC 8216bis §4.4.6), as text, from a snapshot.
//
// It depends on the renditions alone and so never changes once they are known. One video rendition
// is one variant ("encode once": the authoring specification's several bit rates are not offered);
// the audio renditions form one group. Without video the audio rendition is the variant.
#pragma once

#include <string>

#include "hls/store.h"

namespace spacecast::hls {

[[nodiscard]] std::string render_multivariant_playlist(const Snapshot& snapshot);

}  // namespace spacecast::hls
