// AAC as MP4 carries it: raw frames, described by an AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1,
// GStreamer's codec_data).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace spacecast::media {

struct AacConfig {
  ByteVector record;  // The AudioSpecificConfig as it came.
  std::uint8_t object_type = 0;
  std::uint32_t rate = 0;      // Hz.
  std::uint32_t channels = 0;  // 0: given by a program config element.
  std::uint32_t samples_per_frame = 1024;
  // "mp4a.40.2" (RFC 6381 §3.3).
  [[nodiscard]] std::string codec() const;
};

// AAC-LC only: what every player takes, and one frame of the stream is one frame of the output.
// Fails on anything else, saying what it is.
[[nodiscard]] Result<AacConfig> parse_aac_config(std::span<const std::uint8_t> record);

}  // namespace spacecast::media
