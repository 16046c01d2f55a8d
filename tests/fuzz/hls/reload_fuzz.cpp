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

// Segments 0 to 39 of six parts, the oldest gone, and two parts of 40, the second one missing.
Store::SnapshotPtr make_snapshot() {
  const auto store = Store::create({}).value();
  (void)store->add_rendition({.name = "v0"}, make_bytes("init"));
  const MediaTime duration = std::chrono::milliseconds(333);
  MediaTime start{};
  for (int i = 0; i < 242; ++i, start += duration) {
    const bool gap = i == 241;
    store->append_part(0,
                       {.duration = duration, .gap = gap, .bytes = gap ? nullptr : make_bytes("x")},
                       {.start = start}, i % 6 == 5);
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
  } else {
    require(!directives.error().message.empty());
  }

  if (line_break == std::string_view::npos) return 0;
  const Resource resource = resolve(*snapshot, input.substr(line_break + 1));
  require((resource.kind == ResourceKind::kPart || resource.kind == ResourceKind::kInit) ==
          (resource.bytes != nullptr));
  require((resource.kind == ResourceKind::kSegment) == (resource.segment != nullptr));
  if (resource.segment) require(resource.segment->complete && segment_bytes(*resource.segment));
  return 0;
}
