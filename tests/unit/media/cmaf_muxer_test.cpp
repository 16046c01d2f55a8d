// Goal: init segment and chunks have the shape that RFC 8216bis §3.1.2 and CMAF ask for, and tfdt
// is exact wherever a chunk starts. Method: what the muxer wrote is taken apart by a box reader of
// the tests' own.
#include "media/cmaf_muxer.h"

#include <catch2/catch.hpp>

#include "boxes.h"
#include "samples.h"

using namespace spacecast;
using namespace spacecast::media;
using namespace spacecast::test;

namespace {

CmafMuxer video() {
  auto muxer = CmafMuxer::create_video(*parse_avc_config(kAvcRecord), 1280, 720);
  REQUIRE(muxer);
  return std::move(*muxer);
}

CmafMuxer audio() {
  auto muxer = CmafMuxer::create_audio(*parse_aac_config(kAac48k), 2);
  REQUIRE(muxer);
  return std::move(*muxer);
}

Chunk one_chunk(const ByteVector& bytes) {
  auto chunks = parse_chunks(bytes);
  REQUIRE(chunks);
  REQUIRE(chunks->size() == 1);
  return chunks->front();
}

// Frames of 3000 ticks, a sync sample first.
Chunk video_chunk(CmafMuxer& muxer, std::int64_t start, int frames) {
  for (int i = 0; i < frames; ++i) {
    const auto unit = avc_frame(i == 0);
    const std::int64_t dts = start + 3000 * i;
    REQUIRE(muxer.write({unit, dts, dts, 3000, i == 0}));
  }
  auto bytes = muxer.flush();
  REQUIRE(bytes);
  return one_chunk(*bytes);
}

}  // namespace

TEST_CASE("the init segment has brands, one empty track and no samples") {
  const bool is_video = GENERATE(true, false);
  CAPTURE(is_video);
  const auto muxer = is_video ? video() : audio();
  const ByteVector& init = *muxer.init_segment();
  const auto top = boxes(init);
  REQUIRE(top.size() == 2);
  CHECK(top[0].type == "ftyp");
  CHECK(top[1].type == "moov");
  const std::string brands(top[0].body.begin(), top[0].body.end());
  CHECK(brands.find("iso6") != std::string::npos);
  CHECK(brands.find("cmfc") != std::string::npos);
  CHECK(find_box(init, {"moov", "mvex", "trex"}));
  CHECK(read_be(find_box(init, {"moov", "mvhd"})->body, 16, 4) == 0);
  CHECK(read_be(find_box(init, {"moov", "trak", "tkhd"})->body, 20, 4) == 0);
  CHECK(read_be(find_box(init, {"moov", "trak", "mdia", "mdhd"})->body, 12, 4) ==
        (is_video ? 90000 : 48000));
  CHECK_FALSE(find_box(init, {"moov", "trak", "edts"}));
  for (const char* table : {"stts", "stsc"}) {
    const auto box = find_box(init, {"moov", "trak", "mdia", "minf", "stbl", table});
    REQUIRE(box);
    CHECK(read_be(box->body, 4, 4) == 0);
  }
  const auto sizes = find_box(init, {"moov", "trak", "mdia", "minf", "stbl", "stsz"});
  REQUIRE(sizes);
  CHECK(read_be(sizes->body, 8, 4) == 0);
  const auto description = find_box(init, {"moov", "trak", "mdia", "minf", "stbl", "stsd"});
  REQUIRE(description);
  const auto entries = boxes(description->body.subspan(8));
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].type == (is_video ? "avc1" : "mp4a"));
}

TEST_CASE("a chunk is one moof and one mdat, addressed from the moof") {
  auto muxer = video();
  const Chunk chunk = video_chunk(muxer, 0, 10);
  CHECK((chunk.tfhd_flags & 0x020000) != 0);
  CHECK((chunk.tfhd_flags & 0x1) == 0);
  REQUIRE(chunk.samples.size() == 10);
  CHECK(chunk.mdat_size == 10 * avc_frame(true).size());
}

TEST_CASE("only sync samples are flagged as such") {
  auto muxer = video();
  const Chunk chunk = video_chunk(muxer, 0, 4);
  CHECK(chunk.samples[0].sync());
  for (std::size_t i = 1; i < 4; ++i) CHECK_FALSE(chunk.samples[i].sync());

  // An IDR in the middle of a part.
  for (int i = 0; i < 3; ++i) {
    const auto unit = avc_frame(i == 1);
    REQUIRE(muxer.write({unit, 12000 + 3000 * i, 12000 + 3000 * i, 3000, i == 1}));
  }
  const Chunk middle = one_chunk(*muxer.flush());
  CHECK_FALSE(middle.samples[0].sync());
  CHECK(middle.samples[1].sync());
  CHECK_FALSE(middle.samples[2].sync());
}

TEST_CASE("tfdt is exact at any start, over any jump, and sequence numbers rise") {
  auto muxer = video();
  std::uint32_t last_sequence = 0;
  // From zero, from elsewhere, beyond 32 bits; then one after the other, and over gaps.
  const std::int64_t first = GENERATE(0, 91500, 0x2'0000'0001);
  for (const std::int64_t after : {0, 30000, 60000, 1000001, 1030001, 90000 * 3600}) {
    const std::int64_t start = first + after;
    CAPTURE(start);
    const Chunk chunk = video_chunk(muxer, start, 10);
    CHECK(chunk.tfdt == static_cast<std::uint64_t>(start));
    CHECK(chunk.duration() == 30000);
    CHECK(chunk.sequence > last_sequence);
    last_sequence = chunk.sequence;
  }
}

TEST_CASE("tfdt goes on to the tick when durations vary") {
  auto muxer = video();
  std::int64_t at = 7;
  for (int chunk_index = 0; chunk_index < 50; ++chunk_index) {
    const auto start = static_cast<std::uint64_t>(at);
    for (int i = 0; i < 8; ++i) {
      const std::int64_t duration = 3003 + (chunk_index * 8 + i) % 7;
      const auto unit = avc_frame(false);
      REQUIRE(muxer.write({unit, at, at, duration, false}));
      at += duration;
    }
    const Chunk chunk = one_chunk(*muxer.flush());
    CHECK(chunk.tfdt == start);
    CHECK(chunk.tfdt + chunk.duration() == static_cast<std::uint64_t>(at));
  }
}

TEST_CASE("audio chunks count samples, all of them sync") {
  auto muxer = audio();
  const ByteVector frame(300, 0x21);
  std::int64_t at = 4096;
  for (const int frames : {16, 16, 15}) {
    const auto start = static_cast<std::uint64_t>(at);
    for (int i = 0; i < frames; ++i, at += 1024) REQUIRE(muxer.write({frame, at, at, 1024, true}));
    const Chunk chunk = one_chunk(*muxer.flush());
    CHECK(chunk.tfdt == start);
    CHECK(chunk.duration() == static_cast<std::uint64_t>(frames) * 1024);
    for (const auto& sample : chunk.samples) CHECK(sample.sync());
  }
}

TEST_CASE(
    "with reordered frames tfdt starts at the first frame's presentation, without an edit list") {
  auto muxer = video();
  // I P B B, presented I B B P; the encoder's dts runs 6000 ahead, from below zero.
  const std::int64_t dts[] = {-3000, 0, 3000, 6000};
  const std::int64_t pts[] = {3000, 12000, 6000, 9000};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto unit = avc_frame(i == 0);
    REQUIRE(muxer.write({unit, dts[i], pts[i], 3000, i == 0}));
  }
  const Chunk chunk = one_chunk(*muxer.flush());
  CHECK(chunk.tfdt == 3000);
  std::int64_t decode = 3000;
  for (std::size_t i = 0; i < 4; ++i, decode += 3000) {
    CHECK(decode + chunk.samples[i].offset == pts[i]);
  }

  for (std::int64_t i = 0; i < 3; ++i) {
    const auto unit = avc_frame(false);
    REQUIRE(muxer.write({unit, 9000 + 3000 * i, 15000 + 3000 * i, 3000, false}));
  }
  CHECK(one_chunk(*muxer.flush()).tfdt == 15000);
}

TEST_CASE("an empty chunk and a sample that makes no sense are refused") {
  auto muxer = video();
  CHECK_FALSE(muxer.flush());
  const auto unit = avc_frame(true);
  CHECK_FALSE(muxer.write({unit, 3000, 0, 3000, true}));
  CHECK_FALSE(muxer.write({unit, 0, 0, 0, true}));
  CHECK_FALSE(muxer.write({{}, 0, 0, 3000, true}));
  REQUIRE(muxer.write({unit, 0, 0, 3000, true}));
  CHECK_FALSE(muxer.write({unit, 0, 0, 3000, true}));
  CHECK_FALSE(muxer.write({unit, 0x1'0000'0000, 0x1'0000'0000, 3000, true}));
  CHECK_FALSE(CmafMuxer::create_video(*parse_avc_config(kAvcRecord), 0, 720));
}
