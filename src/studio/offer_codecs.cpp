#include "studio/offer_codecs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "studio/sdp_text.h"

namespace spacecast::studio {
namespace {

constexpr std::string_view kAudioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
constexpr std::string_view kTransportCc =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
// What we know how to give.
constexpr std::array<std::string_view, 4> kFeedback = {"nack", "nack pli", "ccm fir",
                                                       "transport-cc"};
constexpr int kOneByteIdMax = 14;  // RFC 8285 §4.2
constexpr std::size_t kListedMax = 8;
constexpr std::size_t kNameMax = 16;

using Parameters = std::map<std::string_view, std::string_view, std::less<>>;

// RFC 3551 §3 and RFC 5761 §4: what may be dynamic where RTCP shares the port.
std::optional<int> read_payload(std::string_view text) {
  const auto payload = parse_number<int>(text, 35, 127);
  return payload && (*payload < 64 || *payload > 95) ? payload : std::nullopt;
}

Parameters parameters_of(const OfferSection& section, std::string_view payload) {
  Parameters parameters;
  for (const auto& line : section.parameters) {
    if (line.payload != payload) continue;
    for (const auto field : split_fields(line.value, ';')) {
      const auto text = field.substr(std::min(field.find_first_not_of(' '), field.size()));
      const auto equals = std::min(text.find('='), text.size());
      parameters.emplace(text.substr(0, equals), text.substr(std::min(equals + 1, text.size())));
    }
  }
  return parameters;
}

std::string_view value_of(const Parameters& parameters, std::string_view name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string_view() : found->second;
}

// The answer may not have more than the offer.
std::vector<std::string> feedback_of(const OfferSection& section, std::string_view payload) {
  std::vector<std::string> feedback;
  for (const auto known : kFeedback) {
    const bool offered = std::ranges::any_of(section.feedback, [&](const PayloadLine& line) {
      return (line.payload == payload || line.payload == "*") && line.value == known;
    });
    if (offered) feedback.emplace_back(known);
  }
  return feedback;
}

std::vector<std::pair<int, std::string>> extensions_of(const OfferSection& section) {
  std::vector<std::pair<int, std::string>> extensions;
  for (const auto value : section.extensions) {
    const auto fields = split_fields(value, ' ');
    if (fields.size() < 2) continue;
    const auto id = parse_number<int>(fields[0], 1, kOneByteIdMax);
    const bool wanted =
        fields[1] == kTransportCc || (fields[1] == kAudioLevel && section.kind == "audio");
    const bool taken = std::ranges::any_of(extensions, [&](const auto& extension) {
      return extension.first == id || extension.second == fields[1];
    });
    if (id && wanted && !taken) extensions.emplace_back(*id, fields[1]);
  }
  return extensions;
}

// For the error: codec names without duplicates, and nothing that is not printable.
std::string offered_codecs(const OfferSection& section) {
  std::vector<std::string> names;
  for (const auto& line : section.codecs) {
    const std::string name(line.value.substr(0, std::min(line.value.find('/'), kNameMax)));
    const bool printable = std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
    if (printable && names.size() < kListedMax && std::ranges::find(names, name) == names.end()) {
      names.push_back(name);
    }
  }
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

OfferedMedia media_of(const OfferSection& section, std::string_view payload) {
  OfferedMedia media;
  media.kind = section.kind == "audio" ? MediaKind::kAudio : MediaKind::kVideo;
  media.mid = section.mid;
  media.feedback = feedback_of(section, payload);
  media.extensions = extensions_of(section);
  return media;
}

bool is_listed(const OfferSection& section, std::string_view payload) {
  return std::ranges::find(section.payloads, payload) != section.payloads.end();
}

bool is_profile_level_id(std::string_view text) {
  return text.size() == 6 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

// The lower the better.
int rank(std::string_view profile_level_id, Profile wanted) {
  const auto byte = [&](std::size_t at) {
    int value = 0;
    std::from_chars(profile_level_id.data() + at, profile_level_id.data() + at + 2, value, 16);
    return value;
  };
  // RFC 6184 table 5: constrained baseline is profile_idc 66 with constraint_set1.
  const bool constrained_baseline = byte(0) == 0x42 && (byte(2) & 0x40) != 0;
  if (wanted == Profile::kEverybodys) return constrained_baseline ? 0 : 1;
  if (byte(0) == 0x4d) return 0;
  if (byte(0) == 0x64) return 1;
  return constrained_baseline ? 2 : 3;
}

std::optional<int> find_retransmission(const OfferSection& section, std::string_view payload) {
  for (const auto& line : section.codecs) {
    if (!equal_ignoring_case(line.value, "rtx/90000") || !is_listed(section, line.payload))
      continue;
    if (value_of(parameters_of(section, line.payload), "apt") == payload) {
      return read_payload(line.payload);
    }
  }
  return std::nullopt;
}

}  // namespace

Result<OfferedMedia> read_audio(const OfferSection& section) {
  for (const auto& line : section.codecs) {
    const auto payload = read_payload(line.payload);
    // RFC 7587 §7 wants the "/2"; GStreamer's payloader leaves it out.
    const bool opus = equal_ignoring_case(line.value, "opus/48000/2") ||
                      equal_ignoring_case(line.value, "opus/48000");
    if (!opus || !payload || !is_listed(section, line.payload)) continue;
    auto media = media_of(section, line.payload);
    media.payload = *payload;
    const auto parameters = parameters_of(section, line.payload);
    if (parse_number<int>(value_of(parameters, "minptime"), 3, 120)) {
      media.format_parameters = fmt::format("minptime={};", value_of(parameters, "minptime"));
    }
    // Also where the offer is silent: RFC 7587 §6.1 lets each side say what it can make use of.
    media.format_parameters += "useinbandfec=1";
    return media;
  }
  return fail(ErrorCode::kUnsupported,
              fmt::format("offer has no Opus audio; offered are {}", offered_codecs(section)));
}

Result<OfferedMedia> read_video(const OfferSection& section, Profile wanted) {
  std::optional<OfferedMedia> chosen;
  for (const auto& line : section.codecs) {
    const auto payload = read_payload(line.payload);
    const bool h264 = equal_ignoring_case(line.value, "H264/90000");
    if (!h264 || !payload || !is_listed(section, line.payload)) continue;
    const auto parameters = parameters_of(section, line.payload);
    auto profile = value_of(parameters, "profile-level-id");
    if (profile.empty()) profile = "420010";  // RFC 6184 §8.1: what leaving it out means.
    const bool usable =
        value_of(parameters, "packetization-mode") == "1" && is_profile_level_id(profile);
    if (!usable) continue;
    if (chosen && rank(chosen->profile_level_id, wanted) <= rank(profile, wanted)) continue;
    auto media = media_of(section, line.payload);
    media.payload = *payload;
    media.profile_level_id = profile;
    media.retransmission_payload = find_retransmission(section, line.payload);
    if (value_of(parameters, "level-asymmetry-allowed") == "1") {
      media.format_parameters = "level-asymmetry-allowed=1;";
    }
    media.format_parameters += fmt::format("packetization-mode=1;profile-level-id={}", profile);
    chosen = std::move(media);
  }
  if (chosen) return *std::move(chosen);
  return fail(ErrorCode::kUnsupported,
              fmt::format("offer has no H.264 video with packetization-mode=1; offered are {}",
                          offered_codecs(section)));
}

}  // namespace spacecast::studio
