// The multivariant playlist (RFC 8216bis §4.4.6), as text, from a snapshot.
//
// It depends on the renditions alone and so never changes once they are known. Each video rendition
// is a variant, in the order in which they were added, and has an I-frame playlist beside it; the
// audio renditions form one group, which all variants share (§6.2.4 asks for the same audio in
// all). Last comes the sound alone, a variant of its own for who does not look.
#pragma once

#include <string>

#include "hls/store.h"

namespace spacecast::hls {

[[nodiscard]] std::string render_multivariant_playlist(const Snapshot& snapshot);

}  // namespace spacecast::hls
