// Sound as Opus packets (RFC 6716) of 20 ms, stereo at 48 kHz, for people who talk with each other
// over a network that loses packets: each packet carries what it takes to make up for the one
// before (in-band FEC). What comes out of a decoder is 6.5 ms behind what went in.
//
// What a packet means depends on those before it. A copy of a stream continues it: a decoder that
// has heard the one goes on with the other as if nothing had happened. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

struct OpusEncoder;

namespace spacecast::media {

class OpusStream {
 public:
  static constexpr std::size_t kFrames = 960;
  static constexpr std::size_t kChannels = 2;
  // Hybrid mode has all that is audible at this rate, FEC included.
  static constexpr int kBitRate = 64'000;

  OpusStream();

  // `samples`: kFrames of interleaved left and right, full scale 1.0. `independent`: a decoder that
  // heard something else before can go on from this packet; it costs a little quality. The packet
  // is there until the next call.
  [[nodiscard]] std::span<const std::uint8_t> encode(std::span<const float> samples,
                                                     bool independent = false);

 private:
  [[nodiscard]] OpusEncoder* encoder();

  // The codec's state: contiguous, and copied as bytes, as opus.h says it may be.
  std::vector<std::byte> state_;
  std::array<std::uint8_t, 1275> packet_{};  // RFC 6716 §3.4: no frame is longer.
};

}  // namespace spacecast::media
