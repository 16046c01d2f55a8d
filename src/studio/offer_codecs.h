// Choosing the codec of a section: Opus, and the H.264 payload that every encoder and our decoder
// agree on. Used by offer.cpp only.
#pragma once

#include "base/error.h"
#include "pipelines/speaker_offer.h"
#include "studio/offer_sections.h"

namespace spacecast::studio {

[[nodiscard]] Result<OfferedMedia> read_audio(const OfferSection& section);

// Of several H.264 payloads in packetization mode 1 the constrained baseline one is taken: all
// hardware and software encoders have it; otherwise the first.
[[nodiscard]] Result<OfferedMedia> read_video(const OfferSection& section);

}  // namespace spacecast::studio
