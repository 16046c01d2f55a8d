#include "media/avc.h"

#include <fmt/format.h>

#include <cstddef>

namespace spacecast::media {
namespace {

constexpr std::size_t kMaxRecord = 64 * 1024;
constexpr int kNalIdr = 5, kNalSps = 7, kNalPps = 8;

// Steps over `count` parameter sets with 16-bit lengths from `at` on; false where they run over.
bool skip_sets(std::span<const std::uint8_t> record, std::size_t& at, std::size_t count) {
  for (; count > 0; --count) {
    if (record.size() - at < 2) return false;
    const std::size_t size = std::size_t{record[at]} << 8 | record[at + 1];
    at += 2;
    if (size == 0 || record.size() - at < size) return false;
    at += size;
  }
  return true;
}

// Calls `visit(type, bytes with their length prefix)` for every NAL unit; false where lengths run
// over.
template <typename Visit>
bool for_each_nal(std::span<const std::uint8_t> unit, std::uint8_t length_size, Visit visit) {
  std::size_t at = 0;
  while (at < unit.size()) {
    if (unit.size() - at < length_size) return false;
    std::size_t size = 0;
    for (std::size_t i = 0; i < length_size; ++i) size = size << 8 | unit[at + i];
    if (size == 0 || unit.size() - at - length_size < size) return false;
    visit(unit[at + length_size] & 0x1f, unit.subspan(at, length_size + size));
    at += length_size + size;
  }
  return true;
}

}  // namespace

std::string AvcConfig::codec() const {
  return fmt::format("avc1.{:02x}{:02x}{:02x}", profile, constraints, level);
}

Result<AvcConfig> parse_avc_config(std::span<const std::uint8_t> record) {
  if (record.size() < 7 || record.size() > kMaxRecord || record[0] != 1) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("H.264 codec_data of {} bytes is no avcC record; stream-format=avc is "
                            "needed (h264parse makes it)",
                            record.size()));
  }
  const std::size_t sps_count = record[5] & 0x1f;
  std::size_t at = 6;
  bool whole = sps_count > 0 && skip_sets(record, at, sps_count) && at < record.size();
  if (whole) {
    const std::size_t pps_count = record[at++];
    whole = pps_count > 0 && skip_sets(record, at, pps_count);
  }
  if (!whole) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("H.264 avcC of {} bytes lacks whole SPS and PPS", record.size()));
  }
  AvcConfig config;
  config.record.assign(record.begin(), record.end());
  config.profile = record[1];
  config.constraints = record[2];
  config.level = record[3];
  config.length_size = static_cast<std::uint8_t>((record[4] & 3) + 1);
  return config;
}

Result<AvcAccessUnit> inspect_avc(std::span<const std::uint8_t> access_unit,
                                  std::uint8_t length_size) {
  AvcAccessUnit found;
  const bool whole = for_each_nal(access_unit, length_size, [&](int type, auto) {
    found.idr = found.idr || type == kNalIdr;
    found.parameter_sets = found.parameter_sets || type == kNalSps || type == kNalPps;
  });
  if (!whole || access_unit.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("H.264 access unit of {} bytes: NAL unit lengths of {} bytes do not "
                            "add up",
                            access_unit.size(), length_size));
  }
  return found;
}

ByteVector without_parameter_sets(std::span<const std::uint8_t> access_unit,
                                  std::uint8_t length_size) {
  ByteVector kept;
  kept.reserve(access_unit.size());
  for_each_nal(access_unit, length_size, [&](int type, std::span<const std::uint8_t> nal) {
    if (type != kNalSps && type != kNalPps) kept.insert(kept.end(), nal.begin(), nal.end());
  });
  return kept;
}

}  // namespace spacecast::media
