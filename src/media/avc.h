// H.264 in its MP4 form (ISO/IEC 14496-15): access units of length-prefixed NAL units, with the
// parameter sets apart in an AVCDecoderConfigurationRecord ("avcC", GStreamer's codec_data).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace spacecast::media {

struct AvcConfig {
  ByteVector record;  // The avcC as it came.
  std::uint8_t profile = 0, constraints = 0, level = 0;
  std::uint8_t length_size = 4;  // Bytes of a NAL unit's length.
  // "avc1.42c01f" (RFC 6381 §3.3).
  [[nodiscard]] std::string codec() const;
};

// Fails on a record that is cut short, too long (64 KiB) or has no parameter sets.
[[nodiscard]] Result<AvcConfig> parse_avc_config(std::span<const std::uint8_t> record);

// What a packager has to know of an access unit.
struct AvcAccessUnit {
  bool idr = false;             // A NAL unit of type 5: decoding may start here.
  bool parameter_sets = false;  // SPS or PPS among the slices.
};

// Walks the NAL units; fails where the lengths do not add up to the access unit.
[[nodiscard]] Result<AvcAccessUnit> inspect_avc(std::span<const std::uint8_t> access_unit,
                                                std::uint8_t length_size);

// The access unit without SPS and PPS, which an "avc1" sample entry keeps in the avcC alone
// (Apple's authoring specification, 1.10). Of an access unit that inspect_avc() accepts.
[[nodiscard]] ByteVector without_parameter_sets(std::span<const std::uint8_t> access_unit,
                                                std::uint8_t length_size);

}  // namespace spacecast::media
