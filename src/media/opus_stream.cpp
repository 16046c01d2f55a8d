#include "media/opus_stream.h"

#include <opus.h>

#include <cassert>

namespace spacecast::media {

namespace {

constexpr opus_int32 kRate = 48'000;
// Of 10: above it the next millisecond of processor time buys next to nothing at this rate.
constexpr int kComplexity = 5;
// What FEC is dimensioned for, in per cent. Above 5 the codec stays with the modes that have FEC,
// whatever it takes the sound for.
constexpr int kExpectedLoss = 10;

}  // namespace

OpusStream::OpusStream() : state_(static_cast<std::size_t>(opus_encoder_get_size(kChannels))) {
  [[maybe_unused]] int result =
      opus_encoder_init(encoder(), kRate, kChannels, OPUS_APPLICATION_AUDIO);
  assert(result == OPUS_OK);
  opus_encoder_ctl(encoder(), OPUS_SET_BITRATE(kBitRate));
  opus_encoder_ctl(encoder(), OPUS_SET_COMPLEXITY(kComplexity));
  opus_encoder_ctl(encoder(), OPUS_SET_INBAND_FEC(1));
  opus_encoder_ctl(encoder(), OPUS_SET_PACKET_LOSS_PERC(kExpectedLoss));
}

std::span<const std::uint8_t> OpusStream::encode(std::span<const float> samples, bool independent) {
  assert(samples.size() == kFrames * kChannels);
  opus_encoder_ctl(encoder(), OPUS_SET_PREDICTION_DISABLED(independent ? 1 : 0));
  const opus_int32 length =
      opus_encode_float(encoder(), samples.data(), static_cast<int>(kFrames), packet_.data(),
                        static_cast<opus_int32>(packet_.size()));
  assert(length > 0);
  return std::span(packet_).first(static_cast<std::size_t>(length));
}

OpusEncoder* OpusStream::encoder() {
  return reinterpret_cast<OpusEncoder*>(state_.data());
}

}  // namespace spacecast::media
