// Fuzzes what the network decides of a request: its query and its path.
//
// Input: the query, a line break, the path. Beyond not crashing, what is promised must hold: a
// request that may wait is one that a part can release, and what is served is what was asked for.
#include "hls/reload.h"

#include <cstdlib>
#include <string_view>

#include "hls/media_playlist.h"
#include "hls/store.h"

namespace {

using namespace spacecast;
using namespace spacecast::hls;

// Segments 0 to 39 of six parts, the oldest gone, those before 34 on disk only, with a second init
// section from 20 on; and two parts of 40, the second one missing.
Store::SnapshotPtr make_snapshot() {
  const auto store = Store::create({.window_segments = 20, .memory_segments = 6}).value();
  (void)store->add_rendition({.name = "v0"}, make_bytes("init"));
  const MediaTime duration = std::chrono::milliseconds(333);
  MediaTime start{};
  for (int i = 0; i < 242; ++i, start += duration) {
    const bool gap = i == 241;
    if (i == 20 * 6) store->set_init(0, make_bytes("second"));
    store->append_part(0,
                       {.duration = duration, .gap = gap, .bytes = gap ? nullptr : make_bytes("x")},
                       {.start = start}, i % 6 == 5);
    if (i % 6 == 5) store->set_file(0, static_cast<std::uint64_t>(i) / 6, "file");
  }
  return store->snapshot();
}

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Store::SnapshotPtr snapshot = make_snapshot();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line_break = input.find('\n');
  const std::string_view query = input.substr(0, line_break);

  const auto directives = parse_directives(query);
  if (directives) {
    require(!directives->part || directives->msn);
    const Decision decision = decide(*snapshot, 0, *directives);
    const PartId next = snapshot->next_part(0);
    if (decision == Decision::kWait) {
      require(directives->msn && *directives->msn >= next.msn && *directives->msn <= next.msn + 2);
    }
    if (decision == Decision::kReady && directives->msn) {
      require(PartId{*directives->msn, 0} < next);
      require(!render_media_playlist(*snapshot, 0, directives->form).empty());
    }
    const Decision i_frames = decide_i_frames(*snapshot, 0, *directives);
    if (i_frames == Decision::kWait) {
      require(directives->msn && *directives->msn >= next.msn && *directives->msn <= next.msn + 1);
    }
    if (i_frames == Decision::kReady && directives->msn) require(*directives->msn < next.msn);
  } else {
    require(!directives.error().message.empty());
  }

  if (line_break == std::string_view::npos) return 0;
  const Resource resource = resolve(*snapshot, input.substr(line_break + 1));
  // Bytes, a segment or a place in a file, as many as its kind has.
  const int sources =
      (resource.bytes ? 1 : 0) + (resource.segment ? 1 : 0) + (resource.range.file ? 1 : 0);
  const bool media =
      resource.kind == ResourceKind::kSegment || resource.kind == ResourceKind::kPart;
  require(sources == (media || resource.kind == ResourceKind::kInit ? 1 : 0));
  if (resource.segment) require(resource.segment->complete && segment_bytes(*resource.segment));
  if (resource.range.file) {
    require(media && resource.range.size > 0 && resource.range.offset + resource.range.size <= 6);
  }
  return 0;
}
