// Codec data and access units of the right shape; players would not decode them.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace spacecast::test {

// Baseline, level 3.1; one SPS and one PPS, 4-byte lengths.
inline const ByteVector kAvcRecord = {1,    0x42, 0xc0, 0x1f, 0xff, 0xe1, 0,    12,   0x67,
                                      0x42, 0xc0, 0x1f, 0xd9, 0x00, 0xa0, 0x02, 0xd8, 0x10,
                                      0x00, 0x04, 1,    0,    4,    0x68, 0xce, 0x3c, 0x80};
// AAC-LC, 48 kHz and 44.1 kHz, stereo.
inline const ByteVector kAac48k = {0x11, 0x90};
inline const ByteVector kAac44k = {0x12, 0x10};

// One NAL unit of `type` with `size` bytes.
inline void add_nal(ByteVector& unit, std::uint8_t type, std::uint8_t size) {
  for (int i = 0; i < 3; ++i) unit.push_back(0);
  unit.push_back(size);
  unit.push_back(static_cast<std::uint8_t>(0x60 | type));
  for (int i = 1; i < size; ++i) unit.push_back(0xab);
}

inline ByteVector avc_frame(bool idr, std::uint8_t size = 40) {
  ByteVector unit;
  add_nal(unit, idr ? 5 : 1, size);
  return unit;
}

}  // namespace spacecast::test
