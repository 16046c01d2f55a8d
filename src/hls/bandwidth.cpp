#include "hls/bandwidth.h"

#include <algorithm>

namespace spacecast::hls {
namespace {

// Boxes around the samples.
constexpr double kBytesPerPart = 250, kBytesPerSample = 12;

double seconds(MediaTime time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

Bandwidth estimate_bandwidth(std::uint32_t nominal, const FirstSegment& measured,
                             double samples_per_second, MediaTime part_target) {
  const double duration = seconds(measured.duration);
  const double seen = duration > 0 ? 8 * static_cast<double>(measured.bytes) / duration : 0;
  const double overhead =
      8 * (kBytesPerPart / seconds(part_target) + kBytesPerSample * samples_per_second);
  const double told = nominal > 0 ? nominal + overhead : 0;
  const double average = std::max(told, seen);
  const double peak = std::max(told * 3 / 2, average);
  return {static_cast<std::uint32_t>(peak), static_cast<std::uint32_t>(average)};
}

}  // namespace spacecast::hls
