// What a speaker's SDP offer comes down to once it has been checked (src/studio/offer.h does that):
// the fields that are used, and nothing of the text they came in.
//
// webrtcbin never reads what a stranger wrote. It gets an offer rendered from this, so its parser
// only ever meets text that we made: 1.22 crashes on a BUNDLE group that names no section, checks
// no ICE credentials, and takes Opus' sprop-stereo for a reason to answer with another codec.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spacecast {

// The first picture of a speaker is their camera's, a second one their shared screen.
enum class MediaKind { kAudio, kVideo, kScreen };
// Of the offerer: what is taken of what it offers.
enum class MediaDirection { kSendOnly, kSendReceive, kReceiveOnly };

[[nodiscard]] constexpr bool is_picture(MediaKind kind) {
  return kind != MediaKind::kAudio;
}

// How a receiver is to play the sound and the picture that it is sent. In step it holds the sound
// back until the picture that belongs to it is there: right for a monitor, and not for people who
// talk with each other, because the picture is some hundred milliseconds older.
enum class Playout { kApart, kInStep };

// One m-section with the one codec that is taken from it.
struct OfferedMedia {
  MediaKind kind = MediaKind::kAudio;
  MediaDirection direction = MediaDirection::kSendOnly;
  std::string mid;
  int payload = 0;
  std::optional<int> retransmission_payload;  // RFC 4588, pictures only.
  std::string profile_level_id;               // RFC 6184 §8.1, pictures only: six hex digits.
  std::string format_parameters;              // What a=fmtp says of the payload, may be empty.
  std::vector<std::string> feedback;          // RTCP feedback, as in "nack pli".
  std::vector<std::pair<int, std::string>> extensions;  // RTP header extensions: id, URI.
  std::vector<std::uint32_t> sources;                   // Announced SSRCs.

  [[nodiscard]] bool wants_return() const { return direction != MediaDirection::kSendOnly; }
};

struct SpeakerOffer {
  std::vector<OfferedMedia> media;  // In the offer's order; at most one of a kind.
  std::string setup;                // "actpass" or "active".
  std::string ufrag;
  std::string password;
  std::vector<std::string> fingerprints;  // SHA-256, "AB:CD:…" in upper case; at least one.
  std::vector<std::string> candidates;    // "candidate:…" with literal UDP addresses only.

  [[nodiscard]] const OfferedMedia* find(MediaKind kind) const;
};

// The offer as webrtcbin gets it.
[[nodiscard]] std::string render_offer(const SpeakerOffer& offer);

// The answer as the client gets it: webrtcbin's own text with what 1.22 leaves out.
//  - a=rtcp-mux-only in every section (RFC 9725 §4.4.1, RFC 8858).
//  - a=msid (RFC 8830) of what we send, in place of a=ssrc's: browsers make a MediaStream of it.
//    Media of one stream are played in step.
//  - a start bitrate for the camera: Chromium's bandwidth estimate begins at 300 kbit/s and needs
//    more than 10 s to 1280x720; told where to start it sends that size from its first second.
[[nodiscard]] std::string complete_answer(std::string_view answer, const SpeakerOffer& offer,
                                          Playout playout);

}  // namespace spacecast
