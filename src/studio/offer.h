// Reading an offer: what it must contain so that we can answer it, and why not where we cannot.
// Pure; any thread.
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

// Where an offer was sent, which decides what it may ask for:
//  - kStage: one audio and at most two video sections, the camera and then a shared screen, all
//    sendonly or sendrecv; the others' sound goes back on the audio section and the program's
//    picture on the camera's where they are sendrecv, nothing ever on the screen's;
//  - kWhip: one audio and at most one video section of one MediaStream, sendonly or sendrecv;
//    nothing goes back (RFC 9725 §4.2, §4.4.2);
//  - kWhep: at least one section and at most one audio and one video section, recvonly or sendrecv;
//    nothing is taken (draft-ietf-wish-whep).
enum class Endpoint { kStage, kWhip, kWhep };

// The rules for all:
//  - one bundle; audio has Opus and video has H.264 in packetization mode 1; no data channel;
//  - ICE credentials and a SHA-256 fingerprint for the bundle's transport; rtcp-mux; the offerer
//    may take either DTLS role, or asks to be the client;
//  - two video sections announce their SSRCs, which is all that tells their packets apart;
//  - at most 64 candidates.
// The result's directions are what is taken of those offered.
[[nodiscard]] Result<SpeakerOffer> read_offer(std::string_view text, Endpoint endpoint);

}  // namespace spacecast::studio
