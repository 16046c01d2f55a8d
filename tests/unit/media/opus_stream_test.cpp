// Goal: a copy of a stream continues it, and packets carry what makes up for a lost one. Method:
// tones through libopus's own decoder.
#include "media/opus_stream.h"

#include <opus.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <numbers>

using namespace spacecast;
using media::OpusStream;

namespace {

std::vector<float> tone(int tick, double hz) {
  std::vector<float> samples(OpusStream::kFrames * OpusStream::kChannels);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double frame = tick * 960.0 + static_cast<double>(i / 2);
    samples[i] = static_cast<float>(0.3 * std::sin(2 * std::numbers::pi * hz * frame / 48'000));
  }
  return samples;
}

std::vector<std::uint8_t> bytes(std::span<const std::uint8_t> packet) {
  return {packet.begin(), packet.end()};
}

}  // namespace

TEST_CASE("a copy goes on as the original does, and neither disturbs the other") {
  OpusStream original;
  for (int tick = 0; tick < 20; ++tick) static_cast<void>(original.encode(tone(tick, 880)));
  OpusStream copy = original;
  for (int tick = 20; tick < 40; ++tick) static_cast<void>(copy.encode(tone(tick, 440)));
  copy = original;
  for (int tick = 20; tick < 40; ++tick) {
    CHECK(bytes(copy.encode(tone(tick, 880))) == bytes(original.encode(tone(tick, 880))));
  }
}

TEST_CASE("packets are 20 ms of stereo at the rate that was asked for, and carry FEC") {
  OpusStream stream;
  const std::unique_ptr<OpusDecoder, decltype(&opus_decoder_destroy)> decoder(
      opus_decoder_create(48'000, 2, nullptr), opus_decoder_destroy);
  std::size_t total = 0;
  std::vector<float> out(OpusStream::kFrames * 2);
  double recovered = 0;
  for (int tick = 0; tick < 100; ++tick) {
    const auto packet = stream.encode(tone(tick, 300));
    const auto size = static_cast<opus_int32>(packet.size());
    total += packet.size();
    CHECK(opus_packet_get_nb_channels(packet.data()) == 2);
    CHECK(opus_packet_get_samples_per_frame(packet.data(), 48'000) == 960);
    if (tick == 60) continue;  // Lost on the way.
    if (tick == 61) {
      REQUIRE(opus_decode_float(decoder.get(), packet.data(), size, out.data(), 960, 1) == 960);
      recovered = *std::ranges::max_element(out);
    }
    REQUIRE(opus_decode_float(decoder.get(), packet.data(), size, out.data(), 960, 0) == 960);
  }
  const double bit_rate = static_cast<double>(total) * 8 / 2;
  CHECK(bit_rate < 1.2 * OpusStream::kBitRate);
  CHECK(recovered == Approx(0.3).epsilon(0.3));
}
