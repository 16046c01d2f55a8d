#include "pipelines/speaker_offer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace spacecast {
namespace {

// Below 3.5 Mbit/s Chromium drops its first pictures and starts at 960x540 for some seconds. The
// estimate falls within a second where the path carries less.
constexpr int kStartBitrateKbps = 4000;

const char* direction_name(MediaDirection direction) {
  switch (direction) {
    case MediaDirection::kSendOnly:
      return "sendonly";
    case MediaDirection::kReceiveOnly:
      return "recvonly";
    case MediaDirection::kSendReceive:
      break;
  }
  return "sendrecv";
}

void render_media(const OfferedMedia& media, const SpeakerOffer& offer, std::string& out) {
  const bool audio = media.kind == MediaKind::kAudio;
  auto to = std::back_inserter(out);
  fmt::format_to(to, "m={} 9 UDP/TLS/RTP/SAVPF {}", audio ? "audio" : "video", media.payload);
  if (media.retransmission_payload) fmt::format_to(to, " {}", *media.retransmission_payload);
  fmt::format_to(to, "\r\nc=IN IP4 0.0.0.0\r\na=mid:{}\r\n", media.mid);
  fmt::format_to(to, "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n", offer.ufrag, offer.password);
  fmt::format_to(to, "a=fingerprint:sha-256 {}\r\na=setup:{}\r\n", offer.fingerprints.front(),
                 offer.setup);
  fmt::format_to(to, "a={}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n", direction_name(media.direction));
  for (const auto& [id, uri] : media.extensions) fmt::format_to(to, "a=extmap:{} {}\r\n", id, uri);
  fmt::format_to(to, "a=rtpmap:{} {}\r\n", media.payload, audio ? "opus/48000/2" : "H264/90000");
  for (const auto& feedback : media.feedback) {
    fmt::format_to(to, "a=rtcp-fb:{} {}\r\n", media.payload, feedback);
  }
  if (!media.format_parameters.empty()) {
    fmt::format_to(to, "a=fmtp:{} {}\r\n", media.payload, media.format_parameters);
  }
  if (media.retransmission_payload) {
    fmt::format_to(to, "a=rtpmap:{0} rtx/90000\r\na=fmtp:{0} apt={1}\r\n",
                   *media.retransmission_payload, media.payload);
  }
  for (const auto source : media.sources) fmt::format_to(to, "a=ssrc:{} cname:speaker\r\n", source);
}

// The answer's format parameters of the camera that we are sent.
bool asks_for_camera(const OfferedMedia& media, std::string_view line) {
  return media.kind == MediaKind::kVideo && media.direction != MediaDirection::kReceiveOnly &&
         line.starts_with(fmt::format("a=fmtp:{} ", media.payload));
}

}  // namespace

const OfferedMedia* SpeakerOffer::find(MediaKind kind) const {
  const auto found = std::ranges::find(media, kind, &OfferedMedia::kind);
  return found == media.end() ? nullptr : &*found;
}

std::string render_offer(const SpeakerOffer& offer) {
  std::string out = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE";
  for (const auto& media : offer.media) out += " " + media.mid;
  out += "\r\n";
  for (const auto& media : offer.media) {
    render_media(media, offer, out);
    // All sections share the first one's transport (RFC 8843 §7.1).
    if (&media != &offer.media.front()) continue;
    for (const auto& candidate : offer.candidates) out += "a=" + candidate + "\r\n";
  }
  return out;
}

std::string complete_answer(std::string_view answer, const SpeakerOffer& offer, Playout playout) {
  std::string out;
  out.reserve(answer.size() + 256);
  auto to = std::back_inserter(out);
  auto media = offer.media.end();  // Of the section; none before the first.
  while (!answer.empty()) {
    const auto end = std::min(answer.find('\n'), answer.size() - 1);
    std::string_view line = answer.substr(0, end + 1);
    answer.remove_prefix(line.size());
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("m=")) {
      media = media == offer.media.end() ? offer.media.begin() : std::next(media);
    }
    if (line.starts_with("a=ssrc:") && line.contains(" msid:")) continue;
    out += line;
    if (media != offer.media.end() && asks_for_camera(*media, line)) {
      fmt::format_to(to, ";x-google-start-bitrate={}", kStartBitrateKbps);
    }
    out += "\r\n";
    if (line == "a=rtcp-mux") out += "a=rtcp-mux-only\r\n";
    if (media != offer.media.end() && (line == "a=sendrecv" || line == "a=sendonly")) {
      const bool audio = media->kind == MediaKind::kAudio;
      fmt::format_to(to, "a=msid:{} {}\r\n",
                     audio && playout == Playout::kApart ? "stage" : "program",
                     audio ? "sound" : "picture");
    }
  }
  return out;
}

}  // namespace spacecast
