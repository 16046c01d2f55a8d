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

Bandwidth estimate_bandwidth(const BitRate& told, const FirstSegment& measured,
                             double samples_per_second, MediaTime part_target) {
  const double duration = seconds(measured.duration);
  const double seen = duration > 0 ? 8 * static_cast<double>(measured.bytes) / duration : 0;
  const double overhead =
      8 * (kBytesPerPart / seconds(part_target) + kBytesPerSample * samples_per_second);
  const double nominal = told.nominal > 0 ? told.nominal + overhead : 0;
  // Encoders that have no burst to tell give their nominal rate as the peak.
  const double peak =
      std::max(told.peak > told.nominal ? told.peak + overhead : 0, nominal * 3 / 2);
  const double average = std::max(nominal, seen);
  return {static_cast<std::uint32_t>(std::max(peak, average)), static_cast<std::uint32_t>(average)};
}

}  // namespace spacecast::hls
