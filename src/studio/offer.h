// Reading a speaker's offer: what it must contain so that we can answer it, and why not where we
// cannot. Pure; any thread.
//
// Everything is checked here, because webrtcbin 1.22 checks little (pipelines/speaker_offer.h). An
// offer that breaks SDP's rules is kInvalidArgument (400), one that asks for something we do not do
// is kUnsupported (422); both say exactly what.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"
#include "pipelines/speaker_offer.h"

namespace spacecast::studio {

inline constexpr std::size_t kOfferBytesMax = std::size_t{64} * 1024;

// The rules:
//  - one bundle of one audio section with Opus and at most one video section with H.264 in
//    packetization mode 1; no data channel (RFC 9725 §4.2);
//  - both send: an offer that only receives has no place on a stage (RFC 9725 §4.2);
//  - ICE credentials and a SHA-256 fingerprint for the bundle's transport; rtcp-mux; the offerer
//  may
//    take either DTLS role, or asks to be the client;
//  - at most 64 candidates.
[[nodiscard]] Result<SpeakerOffer> read_offer(std::string_view text);

}  // namespace spacecast::studio
