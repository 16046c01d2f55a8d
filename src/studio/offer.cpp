#include "studio/offer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "studio/candidate.h"
#include "studio/offer_codecs.h"
#include "studio/offer_sections.h"
#include "studio/sdp_text.h"

namespace spacecast::studio {
namespace {

constexpr std::size_t kMidMax = 32;
constexpr std::size_t kSourcesMax = 16;
constexpr std::size_t kFingerprintsMax = 8;
constexpr std::size_t kSha256Bytes = 32;

std::unexpected<Error> malformed(std::string message) {
  return fail(ErrorCode::kInvalidArgument, "offer " + std::move(message));
}

std::unexpected<Error> unsupported(std::string message) {
  return fail(ErrorCode::kUnsupported, "offer " + std::move(message));
}

bool is_mid(std::string_view text) {
  return !text.empty() && text.size() <= kMidMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.+").contains(c);
  });
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

// "sha-256 AB:CD:…" (RFC 8122 §5) → "AB:CD:…" in upper case; another hash function gives "".
Result<std::string> read_fingerprint(std::string_view value) {
  const auto fields = split_fields(value, ' ');
  if (fields.size() != 2) return malformed("has a malformed fingerprint");
  if (!equal_ignoring_case(fields[0], "sha-256")) return std::string();
  const std::string_view digits = fields[1];
  bool well_formed = digits.size() == kSha256Bytes * 3 - 1;
  std::string fingerprint;
  for (std::size_t i = 0; well_formed && i < digits.size(); ++i) {
    well_formed = i % 3 == 2 ? digits[i] == ':' : is_hex(digits[i]);
    const bool lower = digits[i] >= 'a' && digits[i] <= 'f';
    fingerprint += lower ? static_cast<char>(digits[i] - 'a' + 'A') : digits[i];
  }
  if (!well_formed) return malformed("has a malformed sha-256 fingerprint");
  return fingerprint;
}

Result<void> check_bundle(const OfferSections& sections) {
  if (!sections.bundle) return unsupported("has no BUNDLE group; all media share one transport");
  const auto& ids = *sections.bundle;
  for (const auto& section : sections.media) {
    if (!is_mid(section.mid)) return malformed("has a section without a valid \"a=mid\"");
    if (std::ranges::count(sections.media, section.mid, &OfferSection::mid) != 1) {
      return malformed(fmt::format("uses mid \"{}\" twice", section.mid));
    }
    if (std::ranges::count(ids, section.mid) != 1) {
      return unsupported(fmt::format("does not have mid \"{}\" in its BUNDLE group", section.mid));
    }
  }
  if (ids.size() != sections.media.size()) {
    return malformed("names a mid in its BUNDLE group that no section has");
  }
  // The tagged section, whose transport counts, is the group's first (RFC 8843 §7.2.1).
  if (ids.front() != sections.media.front().mid) {
    return unsupported("has a BUNDLE group that does not start with the first section");
  }
  return {};
}

Result<void> check_kinds(const OfferSections& sections) {
  const auto count = [&](std::string_view kind) {
    return std::ranges::count(sections.media, kind, &OfferSection::kind);
  };
  for (const auto& section : sections.media) {
    if (section.kind != "audio" && section.kind != "video") {
      return unsupported(
          "has a section that is neither audio nor video; data channels are not supported");
    }
    if (section.protocol != "UDP/TLS/RTP/SAVPF") {
      return unsupported("has a section that is not UDP/TLS/RTP/SAVPF");
    }
    if (section.port == "0" && !section.bundle_only) {
      return unsupported("has a rejected section (port 0); leave it out instead");
    }
    if (!parse_number<int>(section.port, 0, 65535)) return malformed("has a malformed port");
    if (section.direction != "sendonly" && section.direction != "sendrecv") {
      return unsupported(fmt::format("has {} as {}; allowed are sendonly and sendrecv",
                                     section.kind, section.direction));
    }
    if (!section.rtcp_mux) return unsupported("has a section without \"a=rtcp-mux\"");
  }
  if (count("audio") != 1) {
    return unsupported(fmt::format("has {} audio sections; exactly one is needed", count("audio")));
  }
  if (count("video") > 1) return unsupported("has more than one video section");
  return {};
}

// What stands on session level holds for the section unless it has its own.
Result<void> read_transport(const OfferSections& sections, SpeakerOffer& offer) {
  const auto& session = sections.transport;
  const auto& tagged = sections.media.front().transport;
  const auto ufrag = tagged.ufrag.empty() ? session.ufrag : tagged.ufrag;
  const auto password = tagged.password.empty() ? session.password : tagged.password;
  const auto setup = tagged.setup.empty() ? session.setup : tagged.setup;
  const auto& fingerprints =
      tagged.fingerprints.empty() ? session.fingerprints : tagged.fingerprints;

  if (!is_ice_ufrag(ufrag)) return malformed("has no valid \"a=ice-ufrag\" (4 to 256 characters)");
  if (!is_ice_password(password)) {
    return malformed("has no valid \"a=ice-pwd\" (22 to 256 characters)");
  }
  if (setup != "actpass" && setup != "active") {
    return unsupported("has no \"a=setup:actpass\" (or active)");
  }
  if (fingerprints.size() > kFingerprintsMax) return malformed("has more than 8 fingerprints");
  for (const auto value : fingerprints) {
    auto fingerprint = read_fingerprint(value);
    if (!fingerprint) return std::unexpected(fingerprint.error());
    if (!fingerprint->empty()) offer.fingerprints.push_back(std::move(*fingerprint));
  }
  if (offer.fingerprints.empty()) return unsupported("has no sha-256 fingerprint");
  offer.ufrag = ufrag;
  offer.password = password;
  offer.setup = setup;
  return {};
}

Result<void> read_candidates(const OfferSections& sections, SpeakerOffer& offer) {
  std::size_t count = 0;
  for (const auto& section : sections.media) {
    count += section.candidates.size();
    if (count > kCandidatesMax) return malformed("has more than 64 ICE candidates");
    for (const auto value : section.candidates) {
      auto candidate = read_candidate(value);
      if (!candidate) return std::unexpected(candidate.error());
      if (auto& usable = *candidate) offer.candidates.push_back(std::move(*usable));
    }
  }
  return {};
}

Result<std::vector<std::uint32_t>> read_sources(const OfferSection& section) {
  std::vector<std::uint32_t> sources;
  for (const auto text : section.sources) {
    const auto source = parse_number<std::uint32_t>(text, 0, 0xffffffffu);
    if (!source) return malformed("has a malformed \"a=ssrc\"");
    if (std::ranges::find(sources, *source) == sources.end()) sources.push_back(*source);
    if (sources.size() > kSourcesMax) return malformed("announces more than 16 SSRCs");
  }
  return sources;
}

// In one bundle a payload type stands for one codec and an extension id for one extension
// (RFC 8843 §9.1, §9.2).
Result<void> check_shared_numbers(const SpeakerOffer& offer) {
  const auto* audio = offer.find(MediaKind::kAudio);
  const auto* video = offer.find(MediaKind::kVideo);
  if (!video) return {};
  if (video->payload == audio->payload || video->retransmission_payload == audio->payload) {
    return malformed("uses one payload type for two codecs");
  }
  for (const auto& [id, uri] : video->extensions) {
    for (const auto& [audio_id, audio_uri] : audio->extensions) {
      if (id == audio_id && uri != audio_uri) {
        return malformed("uses one extension id for two header extensions");
      }
    }
  }
  return {};
}

}  // namespace

Result<SpeakerOffer> read_offer(std::string_view text) {
  const auto sections = read_sections(text);
  if (!sections) return std::unexpected(sections.error());
  if (sections->media.empty()) return malformed("has no media section");

  SpeakerOffer offer;
  for (const auto& checked :
       {check_kinds(*sections), check_bundle(*sections), read_transport(*sections, offer),
        read_candidates(*sections, offer)}) {
    if (!checked) return std::unexpected(checked.error());
  }
  for (const auto& section : sections->media) {
    auto media = section.kind == "audio" ? read_audio(section) : read_video(section);
    if (!media) return std::unexpected(media.error());
    auto sources = read_sources(section);
    if (!sources) return std::unexpected(sources.error());
    media->sources = std::move(*sources);
    offer.media.push_back(std::move(*media));
  }
  if (const auto checked = check_shared_numbers(offer); !checked) {
    return std::unexpected(checked.error());
  }
  return offer;
}

}  // namespace spacecast::studio
