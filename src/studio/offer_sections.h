// An offer's lines sorted into sections, before anything is judged: what the SDP says, as views
// into its text. Used by offer.cpp only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace spacecast::studio {

struct PayloadLine {
  std::string_view payload;  // "102", or "*" in a=rtcp-fb.
  std::string_view value;
};

// Attributes that may stand on session or section level (RFC 8839 §5.4, RFC 8122 §5).
struct TransportLines {
  std::string_view ufrag;
  std::string_view password;
  std::string_view setup;
  std::vector<std::string_view> fingerprints;
};

struct OfferSection {
  std::string_view kind;  // "audio"
  std::string_view port;
  std::string_view protocol;
  std::vector<std::string_view> payloads;
  std::string_view mid;
  std::string_view direction = "sendrecv";  // RFC 8866 §6.7: the default.
  bool rtcp_mux = false;
  bool bundle_only = false;
  TransportLines transport;
  std::vector<PayloadLine> codecs;      // a=rtpmap
  std::vector<PayloadLine> parameters;  // a=fmtp
  std::vector<PayloadLine> feedback;    // a=rtcp-fb
  std::vector<std::string_view> extensions;
  std::vector<std::string_view> candidates;
  std::vector<std::string_view> sources;
  std::vector<std::string_view> streams;  // The MediaStreams that its track is part of (RFC 8830).
};

struct OfferSections {
  std::optional<std::vector<std::string_view>> bundle;  // The first BUNDLE group's ids.
  std::string_view direction;                           // Session level; empty where not given.
  TransportLines transport;
  std::vector<OfferSection> media;
};

[[nodiscard]] Result<OfferSections> read_sections(std::string_view text);

}  // namespace spacecast::studio
