// The journal of an archive: entries of its record as lines of JSON, one an entry, so that a line
// cut off is the only thing that a crash can leave broken.
//
//   {"type":"journal","version":1}
//   {"type":"rendition","name":"v0","kind":"video","codecs":"avc1.42c01f","width":1280,…}
//   {"type":"init","rendition":"v0","number":1,"size":742}
//   {"type":"part","rendition":"v0","msn":0,"part":0,"duration":333333333,"independent":true,
//    "size":41020,"iFrame":28800,"start":0,"wall":1795352400000000000,"init":1,"sequence":0}
//   {"type":"on-air","id":"on-air-1","speaker":"s1","name":"Ada","start":…,"end":…,…}
//   {"type":"end"}
//
// Times are nanoseconds: `start` on the presentation's time line, `wall` and those on air since
// 1970. What is false or nothing is left out. A part without `size` is a gap.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "hls/record.h"

namespace spacecast::hls {

inline constexpr std::string_view kJournalName = "journal.jsonl";
// Longer lines are nobody's of ours: the longest text in them is a name of 256 bytes.
inline constexpr std::size_t kJournalLineMax = 16 << 10;

// With its line feed.
[[nodiscard]] std::string journal_line(const RecordEntry& entry);

// Of a line without its line feed. Fails with kInvalidArgument where anything is not of the type
// and range it can have, with kUnsupported for a header of another version.
[[nodiscard]] Result<RecordEntry> parse_journal_line(std::string_view line);

}  // namespace spacecast::hls
