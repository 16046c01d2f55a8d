#include "studio/offer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

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

struct Rules {
  std::ptrdiff_t audio_min, video_max;
  std::array<std::string_view, 2> directions;
};

const Rules& rules_of(Endpoint endpoint) {
  static constexpr Rules kStage{1, 2, {"sendonly", "sendrecv"}};
  static constexpr Rules kWhip{1, 1, {"sendonly", "sendrecv"}};
  static constexpr Rules kWhep{0, 1, {"recvonly", "sendrecv"}};
  if (endpoint == Endpoint::kStage) return kStage;
  return endpoint == Endpoint::kWhip ? kWhip : kWhep;
}

Result<void> check_section(const OfferSection& section, const Rules& rules) {
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
  if (std::ranges::find(rules.directions, section.direction) == rules.directions.end()) {
    return unsupported(fmt::format("has {} as {}; allowed are {}", section.kind, section.direction,
                                   fmt::join(rules.directions, " and ")));
  }
  if (!section.rtcp_mux) return unsupported("has a section without \"a=rtcp-mux\"");
  return {};
}

// RFC 9725 §4.4.2. Who names none leaves it to us, and has one.
Result<void> check_streams(const OfferSections& sections) {
  std::vector<std::string_view> streams;
  for (const auto& section : sections.media) {
    streams.insert(streams.end(), section.streams.begin(), section.streams.end());
  }
  if (std::ranges::adjacent_find(streams, std::not_equal_to<>()) == streams.end()) return {};
  return unsupported("has tracks of more than one MediaStream (a=msid); allowed here is one");
}

Result<void> check_kinds(const OfferSections& sections, const Rules& rules) {
  for (const auto& section : sections.media) {
    if (const auto checked = check_section(section, rules); !checked) return checked;
  }
  const auto audio = std::ranges::count(sections.media, "audio", &OfferSection::kind);
  const auto video = std::ranges::count(sections.media, "video", &OfferSection::kind);
  if (audio > 1 || audio < rules.audio_min) {
    return unsupported(fmt::format("has {} audio sections; {} one is allowed", audio,
                                   rules.audio_min == 1 ? "exactly" : "at most"));
  }
  if (video > rules.video_max) {
    return unsupported(
        fmt::format("has {} video sections; allowed here is at most {}", video, rules.video_max));
  }
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
Result<void> check_shared_numbers(const OfferedMedia& a, const OfferedMedia& b) {
  const bool one_codec = a.payload == b.payload && is_picture(a.kind) == is_picture(b.kind) &&
                         a.profile_level_id == b.profile_level_id &&
                         a.retransmission_payload == b.retransmission_payload;
  const bool shared =
      a.payload == b.payload || a.payload == b.retransmission_payload ||
      b.payload == a.retransmission_payload ||
      (a.retransmission_payload && a.retransmission_payload == b.retransmission_payload);
  if (shared && !one_codec) return malformed("uses one payload type for two codecs");
  for (const auto& [id, uri] : a.extensions) {
    for (const auto& [other_id, other_uri] : b.extensions) {
      if (id == other_id && uri != other_uri) {
        return malformed("uses one extension id for two header extensions");
      }
    }
  }
  for (const auto source : a.sources) {
    if (std::ranges::find(b.sources, source) != b.sources.end()) {
      return malformed("announces one SSRC in two sections");
    }
  }
  const bool told_apart = !a.sources.empty() && !b.sources.empty();
  if (is_picture(a.kind) && is_picture(b.kind) && !told_apart) {
    return unsupported("has two video sections and not an \"a=ssrc\" in each");
  }
  return {};
}

Result<OfferedMedia> read_media(const OfferSection& section, Endpoint endpoint,
                                const SpeakerOffer& before) {
  const bool audio = section.kind == "audio";
  const auto profile = endpoint == Endpoint::kWhep ? Profile::kOurs : Profile::kEverybodys;
  auto media = audio ? read_audio(section) : read_video(section, profile);
  if (!media) return media;
  auto sources = read_sources(section);
  if (!sources) return std::unexpected(sources.error());
  media->sources = std::move(*sources);
  if (!audio && before.find(MediaKind::kVideo)) media->kind = MediaKind::kScreen;
  const bool back = section.direction == "sendrecv" && media->kind != MediaKind::kScreen;
  media->direction = endpoint == Endpoint::kWhep            ? MediaDirection::kReceiveOnly
                     : endpoint == Endpoint::kStage && back ? MediaDirection::kSendReceive
                                                            : MediaDirection::kSendOnly;
  for (const auto& other : before.media) {
    if (const auto checked = check_shared_numbers(other, *media); !checked) {
      return std::unexpected(checked.error());
    }
  }
  return media;
}

}  // namespace

Result<SpeakerOffer> read_offer(std::string_view text, Endpoint endpoint) {
  const auto sections = read_sections(text);
  if (!sections) return std::unexpected(sections.error());
  if (sections->media.empty()) return malformed("has no media section");

  SpeakerOffer offer;
  for (const auto& checked :
       {check_kinds(*sections, rules_of(endpoint)), check_bundle(*sections),
        endpoint == Endpoint::kWhip ? check_streams(*sections) : Result<void>(),
        read_transport(*sections, offer), read_candidates(*sections, offer)}) {
    if (!checked) return std::unexpected(checked.error());
  }
  for (const auto& section : sections->media) {
    auto media = read_media(section, endpoint, offer);
    if (!media) return std::unexpected(media.error());
    offer.media.push_back(std::move(*media));
  }
  return offer;
}

}  // namespace spacecast::studio
