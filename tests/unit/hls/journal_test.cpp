// Goal: what a journal says is read back as it was; what is not of its type and range is refused,
// and never half taken. Method: round trips through text, and a table of lines that are wrong.
#include "hls/journal.h"

#include <catch2/catch.hpp>

#include "presentation.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace std::chrono_literals;

namespace {

// Through text and back, as text: entries are equal where their lines are.
std::string again(const RecordEntry& entry) {
  const std::string line = journal_line(entry);
  REQUIRE(line.find('\n') == line.size() - 1);
  const auto parsed = parse_journal_line(line.substr(0, line.size() - 1));
  REQUIRE(parsed);
  CHECK(parsed->index() == entry.index());
  return journal_line(*parsed);
}

}  // namespace

TEST_CASE("entries are read back as they were") {
  const RecordEntry entries[] = {
      HeaderEntry{},
      test::video_info(),
      test::audio_info(),
      InitEntry{.rendition = "v0", .number = 3, .size = 742, .bytes = nullptr},
      PartEntry{
          .rendition = "v0",
          .id = {12, 0},
          .part = {.duration = 333'333'333ns, .independent = true, .i_frame_size = 9, .size = 90},
          .opening = {.start = 24s,
                      .wall_start = test::kWallStart,
                      .discontinuity = true,
                      .discontinuity_sequence = 2,
                      .init = 3}},
      PartEntry{
          .rendition = "v0", .id = {12, 5}, .part = {.duration = 1ns, .gap = true}, .last = true},
      DateRange{.id = "on-air-1",
                .speaker = "s\"1",
                .name = "Ada\nLovelace \xf0\x9f\x8e\x99",
                .start = test::kWallStart,
                .end = test::kWallStart + 5s,
                .start_announced = 2s,
                .end_announced = 7s},
      DateRange{.id = "on-air-2", .start = test::kWallStart},
      EndEntry{},
  };
  for (const RecordEntry& entry : entries) CHECK(again(entry) == journal_line(entry));
}

TEST_CASE("a name that is no UTF-8 does not break the journal") {
  const DateRange range{.id = "x", .name = "\xff\xfe", .start = test::kWallStart};
  CHECK_THAT(again(range), Catch::Contains("\xef\xbf\xbd"));
}

TEST_CASE("lines that are wrong are refused") {
  const char* part = R"({"type":"part","rendition":"v0","msn":1,"part":1,"duration":5,"size":3)";
  REQUIRE(parse_journal_line(std::string(part) + "}"));
  for (const char* line : {
           "",
           "x",
           "[]",
           "7",
           "{}",
           R"({"type":1})",
           R"({"type":"other"})",
           R"({"type":"journal"})",
           R"({"type":"part"})",
           R"({"type":"part","rendition":"v0","msn":-1,"part":1,"duration":5})",
           R"({"type":"part","rendition":"v0","msn":1.5,"part":1,"duration":5})",
           R"({"type":"part","rendition":"v0","msn":18446744073709551615,"part":1,"duration":5})",
           R"({"type":"part","rendition":"v0","msn":1,"part":1,"duration":0})",
           R"({"type":"part","rendition":"v0","msn":1,"part":1,"duration":60000000001})",
           R"({"type":"part","rendition":"../x","msn":1,"part":1,"duration":5})",
           R"({"type":"part","rendition":"","msn":1,"part":1,"duration":5})",
           R"({"type":"part","rendition":"v0","msn":1,"part":1,"duration":5,"size":-3})",
           R"({"type":"part","rendition":"v0","msn":1,"part":1,"duration":5,"last":1})",
           R"({"type":"part","rendition":"v0","msn":1,"part":0,"duration":5,"size":3})",
           R"({"type":"init","rendition":"v0","number":0,"size":1})",
           R"({"type":"init","rendition":"v0","number":1})",
           R"({"type":"rendition","name":"V0"})",
           R"({"type":"on-air","id":"x"})",
           R"({"type":"end")",
       }) {
    INFO(line);
    CHECK_FALSE(parse_journal_line(line));
  }
  CHECK_FALSE(parse_journal_line(std::string(kJournalLineMax + 1, ' ')));
  CHECK(parse_journal_line(R"({"type":"journal","version":9})").error().code ==
        ErrorCode::kUnsupported);
}

TEST_CASE("entries that do not follow from those before are refused and change nothing") {
  Record record("/nowhere");
  const auto enter = [&](RecordEntry entry) { return record.enter(std::move(entry)).has_value(); };
  const auto part = [](std::uint64_t msn, std::size_t index, std::uint64_t sequence = 0,
                       bool cut = false) {
    return PartEntry{.rendition = "v0",
                     .id = {msn, index},
                     .part = {.duration = 1s, .size = 10},
                     .opening = {.discontinuity = cut, .discontinuity_sequence = sequence}};
  };
  CHECK_FALSE(enter(InitEntry{.rendition = "v0"}));
  CHECK(enter(test::video_info()));
  CHECK_FALSE(enter(test::video_info()));
  CHECK_FALSE(enter(part(7, 0)));  // No init section.
  CHECK(enter(InitEntry{.rendition = "v0", .bytes = make_bytes("x")}));
  CHECK_FALSE(enter(InitEntry{.rendition = "v0"}));
  CHECK_FALSE(enter(part(7, 1)));
  CHECK(enter(part(7, 0)));
  CHECK_FALSE(enter(part(7, 2)));
  CHECK_FALSE(enter(part(9, 0)));
  CHECK_FALSE(enter(part(8, 0, 1)));
  CHECK(enter(part(8, 0, 1, true)));
  CHECK(enter(EndEntry{}));
  CHECK_FALSE(enter(part(8, 1)));
  const auto& segments = record.renditions()[0].segments;
  REQUIRE(segments.size() == 2);
  CHECK(segments[0]->complete);
  CHECK(*segments[0]->file == "/nowhere/v0/7.m4s");
  CHECK_FALSE(segments[1]->complete);

  Record copy("/nowhere");
  for (RecordEntry& entry : record.entries()) CHECK(copy.enter(std::move(entry)));
  CHECK(copy.ended());
  CHECK(copy.renditions()[0].segments.size() == 2);
}
