// A reader of MP4 boxes, only as much as tests need, and independent of what wrote them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace spacecast::test {

struct Box {
  std::string type;
  std::span<const std::uint8_t> body;  // After size and type.
};

inline std::uint64_t read_be(std::span<const std::uint8_t> data, std::size_t at,
                             std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes && at + i < data.size(); ++i) value = value << 8 | data[at + i];
  return value;
}

inline std::vector<Box> boxes(std::span<const std::uint8_t> data) {
  std::vector<Box> found;
  std::size_t at = 0;
  while (data.size() - at >= 8) {
    const std::size_t size = read_be(data, at, 4);
    if (size < 8 || size > data.size() - at) break;
    found.push_back({std::string(data.begin() + static_cast<std::ptrdiff_t>(at) + 4,
                                 data.begin() + static_cast<std::ptrdiff_t>(at) + 8),
                     data.subspan(at + 8, size - 8)});
    at += size;
  }
  return found;
}

// The box at a path such as {"moov", "trak", "tkhd"}; the first of each type.
inline std::optional<Box> find_box(std::span<const std::uint8_t> data,
                                   const std::vector<std::string>& path) {
  std::optional<Box> at;
  for (const auto& type : path) {
    std::optional<Box> next;
    for (const auto& box : boxes(data)) {
      if (box.type == type && !next) next = box;
    }
    if (!next) return {};
    at = next;
    data = at->body;
  }
  return at;
}

struct Chunk {
  std::uint32_t sequence = 0;
  std::uint32_t tfhd_flags = 0;
  std::uint64_t tfdt = 0;
  std::size_t mdat_size = 0;
  struct Sample {
    std::uint32_t duration = 0, size = 0, flags = 0;
    std::int32_t offset = 0;
    [[nodiscard]] bool sync() const { return (flags & 0x00010000) == 0; }
  };
  std::vector<Sample> samples;
  [[nodiscard]] std::uint64_t duration() const {
    std::uint64_t sum = 0;
    for (const auto& sample : samples) sum += sample.duration;
    return sum;
  }
};

// One moof and the mdat after it.
inline std::optional<Chunk> parse_chunk(std::span<const std::uint8_t> moof,
                                        std::span<const std::uint8_t> mdat) {
  const auto mfhd = find_box(moof, {"mfhd"});
  const auto tfhd = find_box(moof, {"traf", "tfhd"});
  const auto tfdt = find_box(moof, {"traf", "tfdt"});
  const auto trun = find_box(moof, {"traf", "trun"});
  if (!mfhd || !tfhd || !tfdt || !trun) return {};
  Chunk chunk;
  chunk.mdat_size = mdat.size();
  chunk.sequence = static_cast<std::uint32_t>(read_be(mfhd->body, 4, 4));
  chunk.tfdt = read_be(tfdt->body, 4, tfdt->body[0] == 1 ? 8 : 4);
  chunk.tfhd_flags = static_cast<std::uint32_t>(read_be(tfhd->body, 1, 3));
  std::size_t at = 8;
  Chunk::Sample defaults;
  const auto take = [&at](std::span<const std::uint8_t> body) {
    at += 4;
    return static_cast<std::uint32_t>(read_be(body, at - 4, 4));
  };
  if (chunk.tfhd_flags & 0x1) at += 8;
  if (chunk.tfhd_flags & 0x2) at += 4;
  if (chunk.tfhd_flags & 0x8) defaults.duration = take(tfhd->body);
  if (chunk.tfhd_flags & 0x10) defaults.size = take(tfhd->body);
  if (chunk.tfhd_flags & 0x20) defaults.flags = take(tfhd->body);
  const auto flags = static_cast<std::uint32_t>(read_be(trun->body, 1, 3));
  at = 4;
  const std::uint32_t count = take(trun->body);
  if (flags & 0x1) at += 4;
  std::optional<std::uint32_t> first_flags;
  if (flags & 0x4) first_flags = take(trun->body);
  for (std::uint32_t i = 0; i < count && at <= trun->body.size(); ++i) {
    Chunk::Sample sample = defaults;
    if (i == 0 && first_flags) sample.flags = *first_flags;
    if (flags & 0x100) sample.duration = take(trun->body);
    if (flags & 0x200) sample.size = take(trun->body);
    if (flags & 0x400) sample.flags = take(trun->body);
    if (flags & 0x800) sample.offset = static_cast<std::int32_t>(take(trun->body));
    chunk.samples.push_back(sample);
  }
  return chunk;
}

// All chunks of concatenated parts; nothing where there is any other box, or one out of order.
inline std::optional<std::vector<Chunk>> parse_chunks(std::span<const std::uint8_t> data) {
  const auto all = boxes(data);
  std::size_t bytes = 0;
  for (const auto& box : all) bytes += box.body.size() + 8;
  if (bytes != data.size() || all.size() % 2 != 0) return {};
  std::vector<Chunk> chunks;
  for (std::size_t i = 0; i < all.size(); i += 2) {
    if (all[i].type != "moof" || all[i + 1].type != "mdat") return {};
    auto chunk = parse_chunk(all[i].body, all[i + 1].body);
    if (!chunk) return {};
    chunks.push_back(std::move(*chunk));
  }
  return chunks;
}

}  // namespace spacecast::test
