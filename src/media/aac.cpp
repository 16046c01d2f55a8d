#include "media/aac.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace spacecast::media {
namespace {

constexpr std::array<std::uint32_t, 13> kRates = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                                  22050, 16000, 12000, 11025, 8000,  7350};
constexpr std::size_t kMaxRecord = 256;
constexpr std::uint8_t kAacLc = 2;

// Most significant bit first; past the end it reads zeros and says so.
class BitReader {
 public:
  explicit BitReader(std::span<const std::uint8_t> data) : data_(data) {}
  std::uint32_t read(unsigned bits) {
    std::uint32_t value = 0;
    for (; bits > 0; --bits, ++at_) {
      const std::size_t byte = at_ / 8;
      const bool bit = byte < data_.size() && (data_[byte] >> (7 - at_ % 8) & 1) != 0;
      value = value << 1 | (bit ? 1U : 0U);
    }
    return value;
  }
  [[nodiscard]] bool past_end() const { return at_ > data_.size() * 8; }

 private:
  std::span<const std::uint8_t> data_;
  std::size_t at_ = 0;
};

}  // namespace

std::string AacConfig::codec() const {
  return fmt::format("mp4a.40.{}", object_type);
}

Result<AacConfig> parse_aac_config(std::span<const std::uint8_t> record) {
  if (record.size() > kMaxRecord) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("AAC codec_data of {} bytes; at most {} are allowed", record.size(),
                            kMaxRecord));
  }
  BitReader bits(record);
  AacConfig config;
  config.record.assign(record.begin(), record.end());
  config.object_type = static_cast<std::uint8_t>(bits.read(5));
  const std::uint32_t rate_index = bits.read(4);
  if (rate_index < kRates.size()) {
    config.rate = kRates[rate_index];
  } else if (rate_index == 15) {
    config.rate = bits.read(24);
  }
  const std::uint32_t channel_configuration = bits.read(4);
  config.channels = channel_configuration == 7 ? 8 : channel_configuration;
  config.samples_per_frame = bits.read(1) != 0 ? 960 : 1024;  // frameLengthFlag.
  if (bits.past_end() || config.rate < 7350 || config.rate > 96000 || channel_configuration > 7) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("AAC codec_data of {} bytes is no AudioSpecificConfig; "
                            "stream-format=raw is needed (aacparse makes it)",
                            record.size()));
  }
  if (config.object_type != kAacLc) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("AAC of audio object type {}: only AAC-LC (2) is packaged",
                            config.object_type));
  }
  return config;
}

}  // namespace spacecast::media
