#include "hls/reload.h"

#include <charconv>
#include <chrono>
#include <limits>
#include <ranges>
#include <utility>

#include "hls/names.h"

namespace spacecast::hls {
namespace {

using std::chrono::seconds;

constexpr std::size_t kQueryMax = 1024;
constexpr std::size_t kPathMax = 128;
constexpr std::string_view kMediaSuffix = ".m4s";
constexpr std::string_view kInitPrefix = "init-";
constexpr std::string_view kInitSuffix = ".mp4";

// A decimal-integer (§4.2): digits only, below 2^64.
std::optional<std::uint64_t> parse_integer(std::string_view text) {
  std::uint64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

// A number in a file name: one spelling only, so that a cache holds one copy.
std::optional<std::uint64_t> parse_name_number(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return parse_integer(text);
}

Result<void> parse_number_once(std::string_view name, std::string_view value,
                               std::optional<std::uint64_t>& out) {
  const std::string directive(name);
  if (out) return fail(ErrorCode::kInvalidArgument, directive + " is given twice");
  out = parse_integer(value);
  if (!out) {
    return fail(ErrorCode::kInvalidArgument, directive + "=" + std::string(value.substr(0, 32)) +
                                                 ": allowed is an integer from 0");
  }
  return {};
}

// §6.2.5.2: whether (msn, part) is beyond the last part by more than the advance part limit. How
// many parts the segments in between will have is not known; the least is assumed.
bool exceeds_advance_part_limit(const Snapshot& snapshot, PartId last, PartId wanted) {
  if (wanted <= last) return false;
  const std::uint64_t limit = advance_part_limit(snapshot.config);
  if (wanted.msn == last.msn) return wanted.part - last.part > limit;
  // The first part of the next segment is at least one ahead. Compared before it is added: the
  // number is the client's.
  return wanted.part > limit || wanted.msn - last.msn + wanted.part > limit;
}

// The last part published, as the base of the advance limits.
std::optional<PartId> last_part(const RenditionState& state) {
  if (state.segments.empty()) return std::nullopt;
  const Segment& last = *state.segments.back();
  return PartId{last.msn, last.parts.size() - 1};
}

// Where a part lies in its segment's file, or nothing.
FileRange part_range(const Segment& segment, std::size_t index) {
  if (!segment.file || segment.parts[index].gap) return {};
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < index; ++i) offset += segment.parts[i].size;
  return {segment.file, offset, segment.parts[index].size};
}

Resource resolve_segment(std::size_t rendition, const std::shared_ptr<const Segment>& segment) {
  if (!segment || !segment->complete || !segment->available()) return {};
  if (segment->in_memory())
    return {.kind = ResourceKind::kSegment, .rendition = rendition, .segment = segment};
  std::uint64_t size = 0;
  for (const Part& part : segment->parts) size += part.size;
  return {
      .kind = ResourceKind::kSegment, .rendition = rendition, .range = {segment->file, 0, size}};
}

Resource resolve_part(std::size_t rendition, const Segment& segment, std::size_t index) {
  const Part& part = segment.parts[index];
  if (part.bytes) {
    return {.kind = ResourceKind::kPart, .rendition = rendition, .bytes = part.bytes};
  }
  FileRange range = part_range(segment, index);
  if (!range.file) return {};
  return {.kind = ResourceKind::kPart, .rendition = rendition, .range = std::move(range)};
}

Resource resolve_init(const RenditionState& state, std::size_t rendition, std::string_view digits) {
  const auto number = parse_name_number(digits);
  if (!number || *number > std::numeric_limits<unsigned>::max()) return {};
  const auto init = state.find_init(static_cast<unsigned>(*number));
  if (!init) return {};
  return {.kind = ResourceKind::kInit, .rendition = rendition, .bytes = init->bytes};
}

// What lies below the rendition's name.
Resource resolve_media(const Snapshot& snapshot, std::size_t rendition, std::string_view file) {
  const RenditionState& state = snapshot.renditions[rendition];
  if (file.starts_with(kInitPrefix) && file.ends_with(kInitSuffix) &&
      file.size() >= kInitPrefix.size() + kInitSuffix.size()) {
    file.remove_prefix(kInitPrefix.size());
    file.remove_suffix(kInitSuffix.size());
    return resolve_init(state, rendition, file);
  }
  if (!file.ends_with(kMediaSuffix)) return {};
  file.remove_suffix(kMediaSuffix.size());
  const auto dot = file.find('.');
  const auto msn = parse_name_number(file.substr(0, dot));
  if (!msn) return {};
  const auto segment = state.find(*msn);
  if (dot == std::string_view::npos) return resolve_segment(rendition, segment);
  const auto part = parse_name_number(file.substr(dot + 1));
  if (!part) return {};
  if (segment && *part < segment->parts.size()) return resolve_part(rendition, *segment, *part);
  // §6.2.6: only what is hinted is waited for; after the end nothing is.
  if (snapshot.ended || PartId{*msn, *part} != snapshot.next_part(rendition)) return {};
  return {.kind = ResourceKind::kHintedPart, .rendition = rendition};
}

}  // namespace

Result<Directives> parse_directives(std::string_view query) {
  if (query.size() > kQueryMax) {
    return fail(ErrorCode::kInvalidArgument, "query of " + std::to_string(query.size()) +
                                                 " bytes: allowed are " +
                                                 std::to_string(kQueryMax));
  }
  Directives directives;
  bool has_skip = false;
  for (const auto range : std::views::split(query, '&')) {
    const std::string_view parameter(range.begin(), range.end());
    const auto equals = parameter.find('=');
    const std::string_view name = parameter.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : parameter.substr(equals + 1);
    Result<void> parsed;
    if (name == "_HLS_msn") {
      parsed = parse_number_once(name, value, directives.msn);
    } else if (name == "_HLS_part") {
      parsed = parse_number_once(name, value, directives.part);
    } else if (name == "_HLS_skip") {
      if (has_skip) return fail(ErrorCode::kInvalidArgument, "_HLS_skip is given twice");
      has_skip = true;
      // Other values ask for what does not exist yet and are ignored (§6.2.5.1).
      if (value == "YES") directives.form = MediaPlaylistForm::kDelta;
      if (value == "v2") directives.form = MediaPlaylistForm::kDeltaWithDateRanges;
    }
    if (!parsed) return std::unexpected(parsed.error());
  }
  if (directives.part && !directives.msn) {
    return fail(ErrorCode::kInvalidArgument, "_HLS_part without _HLS_msn");
  }
  return directives;
}

std::uint64_t advance_part_limit(const StoreConfig& config) {
  return config.part_target < seconds(1)
             ? static_cast<std::uint64_t>(MediaTime(seconds(3)) / config.part_target)
             : std::uint64_t{3};
}

Decision decide(const Snapshot& snapshot, std::size_t rendition, const Directives& directives) {
  // §6.2.5.2: blocking directives are ignored once there is an ENDLIST.
  if (snapshot.ended) return Decision::kReady;
  const RenditionState& state = snapshot.renditions[rendition];
  const Decision ready = snapshot.playable() ? Decision::kReady : Decision::kWait;
  if (!directives.msn) return ready;
  const std::uint64_t msn = *directives.msn;
  const PartId next = snapshot.next_part(rendition);
  const std::optional<PartId> last = last_part(state);
  // §6.2.5.2: at most two segments ahead of the last one, in progress or not.
  const std::uint64_t last_msn = last ? last->msn : next.msn;
  if (msn > last_msn && msn - last_msn > 2) return Decision::kTooFarAhead;
  // A whole segment is there once the next part is of a later one.
  if (!directives.part) return next.msn > msn ? ready : Decision::kWait;
  PartId wanted{msn, *directives.part};
  // §6.2.5.2: past the end of a complete segment means the first part of the next. A segment that
  // is no longer held is behind `next` whatever its parts.
  const auto segment = state.find(msn);
  if (segment && segment->complete && wanted.part >= segment->parts.size()) wanted = {msn + 1, 0};
  if (wanted < next) return ready;
  if (last && exceeds_advance_part_limit(snapshot, *last, wanted)) return Decision::kTooFarAhead;
  return Decision::kWait;
}

Decision decide_i_frames(const Snapshot& snapshot, std::size_t rendition,
                         const Directives& directives) {
  if (snapshot.ended) return Decision::kReady;
  const Decision ready = snapshot.playable() ? Decision::kReady : Decision::kWait;
  if (!directives.msn) return ready;
  const std::uint64_t msn = *directives.msn;
  // Complete are those before the next part's.
  const std::uint64_t next = snapshot.next_part(rendition).msn;
  if (msn < next) return ready;
  // §6.2.5.2: at most two ahead of the last one listed. Before the first, that is the one to come.
  const bool any = !snapshot.renditions[rendition].segments.empty() &&
                   snapshot.renditions[rendition].segments.front()->complete;
  return msn - next > (any ? 1 : 2) ? Decision::kTooFarAhead : Decision::kWait;
}

Resource resolve(const Snapshot& snapshot, std::string_view path) {
  using enum ResourceKind;
  if (path.size() > kPathMax) return {};
  if (path == kMultivariantName) return {.kind = kMultivariantPlaylist};
  for (std::size_t i = 0; i < snapshot.renditions.size(); ++i) {
    const RenditionInfo& info = *snapshot.renditions[i].info;
    if (!path.starts_with(info.name)) continue;
    if (path == playlist_name(info)) return {.kind = kMediaPlaylist, .rendition = i};
    if (info.kind == MediaKind::kVideo && path == i_frame_playlist_name(info)) {
      return {.kind = kIFramePlaylist, .rendition = i};
    }
    if (path.substr(info.name.size()).starts_with('/')) {
      return resolve_media(snapshot, i, path.substr(info.name.size() + 1));
    }
  }
  return {};
}

Bytes segment_bytes(const Segment& segment) {
  std::size_t size = 0;
  for (const Part& part : segment.parts) size += part.bytes ? part.bytes->size() : 0;
  ByteVector all;
  all.reserve(size);
  for (const Part& part : segment.parts) {
    if (part.bytes) all.insert(all.end(), part.bytes->begin(), part.bytes->end());
  }
  return make_bytes(std::move(all));
}

}  // namespace spacecast::hls
