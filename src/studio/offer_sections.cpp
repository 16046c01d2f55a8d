#include "studio/offer_sections.h"

#include <algorithm>
#include <array>

#include "studio/offer.h"
#include "studio/sdp_text.h"

namespace spacecast::studio {
namespace {

constexpr std::size_t kSectionsMax = 3;
constexpr std::array<std::string_view, 4> kDirections = {"sendrecv", "sendonly", "recvonly",
                                                         "inactive"};

bool is_direction(std::string_view name) {
  return std::ranges::find(kDirections, name) != kDirections.end();
}

PayloadLine split_payload(std::string_view value) {
  const auto space = std::min(value.find(' '), value.size());
  return {value.substr(0, space), value.substr(std::min(space + 1, value.size()))};
}

// True where `name` was one of the transport's attributes.
bool read_transport(std::string_view name, std::string_view value, TransportLines& transport) {
  if (name == "ice-ufrag") {
    transport.ufrag = value;
  } else if (name == "ice-pwd") {
    transport.password = value;
  } else if (name == "setup") {
    transport.setup = value;
  } else if (name == "fingerprint") {
    transport.fingerprints.push_back(value);
  } else {
    return false;
  }
  return true;
}

void read_session_attribute(std::string_view attribute, OfferSections& offer) {
  const auto [name, value] = split_attribute(attribute);
  if (read_transport(name, value, offer.transport)) return;
  if (is_direction(name)) offer.direction = name;
  if (name == "group" && !offer.bundle) {
    auto ids = split_fields(value, ' ');
    if (ids.empty() || ids.front() != "BUNDLE") return;
    ids.erase(ids.begin());
    offer.bundle = std::move(ids);
  }
}

void read_section_attribute(std::string_view attribute, OfferSection& section) {
  const auto [name, value] = split_attribute(attribute);
  if (read_transport(name, value, section.transport)) return;
  if (is_direction(name)) section.direction = name;
  if (name == "mid") section.mid = value;
  if (name == "rtcp-mux") section.rtcp_mux = true;
  if (name == "bundle-only") section.bundle_only = true;
  if (name == "rtpmap") section.codecs.push_back(split_payload(value));
  if (name == "fmtp") section.parameters.push_back(split_payload(value));
  if (name == "rtcp-fb") section.feedback.push_back(split_payload(value));
  if (name == "extmap") section.extensions.push_back(value);
  if (name == "candidate") section.candidates.push_back(attribute);
  if (name == "msid") section.streams.push_back(split_payload(value).payload);
  if (name == "ssrc") section.sources.push_back(split_payload(value).payload);
}

}  // namespace

Result<OfferSections> read_sections(std::string_view text) {
  const auto lines = split_lines(text, kOfferBytesMax, "offer");
  if (!lines) return std::unexpected(lines.error());
  if (lines->front().type != 'v' || lines->front().value != "0") {
    return fail(ErrorCode::kInvalidArgument, "offer is not SDP: its first line is not \"v=0\"");
  }
  OfferSections offer;
  for (const auto& line : *lines) {
    if (line.type == 'm') {
      if (offer.media.size() == kSectionsMax) {
        return fail(ErrorCode::kUnsupported,
                    "offer has more than 3 sections; no endpoint takes that many");
      }
      auto fields = split_fields(line.value, ' ');
      if (fields.size() < 4) {
        return fail(ErrorCode::kInvalidArgument, "offer has a malformed \"m=\" line");
      }
      auto& section = offer.media.emplace_back();
      section.kind = fields[0];
      section.port = fields[1];
      section.protocol = fields[2];
      section.payloads.assign(fields.begin() + 3, fields.end());
      if (!offer.direction.empty()) section.direction = offer.direction;
    } else if (line.type == 'a') {
      if (offer.media.empty()) {
        read_session_attribute(line.value, offer);
      } else {
        read_section_attribute(line.value, offer.media.back());
      }
    }
  }
  return offer;
}

}  // namespace spacecast::studio
