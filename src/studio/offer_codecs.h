// Choosing the codec of a section: Opus, and the H.264 payload that every encoder and our decoder
// agree on. Used by offer.cpp only.
#pragma once

#include "base/error.h"
#include "pipelines/speaker_offer.h"
#include "studio/offer_sections.h"

namespace spacecast::studio {

[[nodiscard]] Result<OfferedMedia> read_audio(const OfferSection& section);

// Which H.264 payload in packetization mode 1 is taken where several are offered.
enum class Profile {
  kEverybodys,  // Constrained baseline, which all hardware and software encoders have.
  kOurs,        // Main, which the program is encoded in; else high, which contains it.
};

// The kind is kVideo, the direction and the SSRCs are for the caller to say.
[[nodiscard]] Result<OfferedMedia> read_video(const OfferSection& section, Profile profile);

}  // namespace spacecast::studio
