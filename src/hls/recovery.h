// Reads back what an archive's run left, however it ended.
#pragma once

#include <cstddef>
#include <filesystem>

#include "base/error.h"
#include "hls/record.h"

namespace spacecast::hls {

// The record that the journal in `directory` gives, made fit to be gone on from. Empty where there
// is no journal, or one without a part. Nothing on the disk is changed but files that are too long.
//
// Reading stops at the first line that is no whole and fitting entry: the last one of a run that
// was killed while it wrote. Segments whose files are gone or too short become gaps; files are cut
// to the last whole part; segments in progress are complete as they are; a rendition that is behind
// gets gaps up to where the others are; the range on air ends with the last segment.
//
// Fails with kIo where something cannot be read, kConflict where the presentation has ended or the
// journal is not one to go on from, kLimit where it is larger than any of ours.
[[nodiscard]] Result<Record> recover(const std::filesystem::path& directory);

// Compares the files with the record: what is gone or too short becomes a gap, what is too long is
// cut. Returns how many segments were lost.
[[nodiscard]] Result<std::size_t> check_files(Record& record);

}  // namespace spacecast::hls
