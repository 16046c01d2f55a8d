#include "viewers/playlist.h"

#include <charconv>
#include <optional>

namespace spacecast::viewers {
namespace {

// Takes the first line off `text`.
std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// What follows `tag` and its colon.
std::optional<std::string_view> value_of(std::string_view line, std::string_view tag) {
  if (!line.starts_with(tag)) return std::nullopt;
  line.remove_prefix(tag.size());
  if (line.empty()) return line;
  if (line.front() != ':') return std::nullopt;
  return line.substr(1);
}

// One attribute of an attribute list (§4.2), without its quotes.
std::string_view attribute(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t equals = list.find('=');
    if (equals == std::string_view::npos) return {};
    const std::string_view key = list.substr(0, equals);
    list.remove_prefix(equals + 1);
    const bool quoted = list.starts_with('"');
    if (quoted) list.remove_prefix(1);
    const std::size_t end = std::min(list.find(quoted ? '"' : ','), list.size());
    const std::string_view value = list.substr(0, end);
    if (key == name) return value;
    list.remove_prefix(std::min(list.size(), end + (quoted ? 2 : 1)));
  }
  return {};
}

template <typename Number>
Number number(std::string_view text, Number otherwise = {}) {
  Number value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Result<void> check(std::string_view text) {
  if (text.size() > kPlaylistBytesMax) {
    return fail(ErrorCode::kLimit, "a playlist of more than 4 MiB");
  }
  if (!text.starts_with("#EXTM3U")) return fail(ErrorCode::kInvalidArgument, "no playlist");
  return {};
}

class MediaParser {
 public:
  Result<MediaPlaylist> parse(std::string_view text) {
    while (!text.empty()) take(next_line(text));
    if (!segment_.parts.empty()) finish_segment();
    return std::move(playlist_);
  }

 private:
  void take(std::string_view line) {
    if (line.empty()) return;
    if (line.front() != '#') {
      segment_.uri = line;
      finish_segment();
    } else if (const auto part = value_of(line, "#EXT-X-PART")) {
      segment_.parts.push_back({.uri = std::string(attribute(*part, "URI")),
                                .duration = number<double>(attribute(*part, "DURATION")),
                                .independent = attribute(*part, "INDEPENDENT") == "YES",
                                .gap = attribute(*part, "GAP") == "YES"});
    } else if (const auto duration = value_of(line, "#EXTINF")) {
      segment_.duration = number<double>(*duration);
    } else if (line == "#EXT-X-GAP") {
      segment_.gap = true;
    } else if (const auto sequence = value_of(line, "#EXT-X-MEDIA-SEQUENCE")) {
      sequence_ = number<std::uint64_t>(*sequence);
    } else if (const auto skip = value_of(line, "#EXT-X-SKIP")) {
      sequence_ += number<std::uint64_t>(attribute(*skip, "SKIPPED-SEGMENTS"));
    } else if (const auto map = value_of(line, "#EXT-X-MAP")) {
      playlist_.init = attribute(*map, "URI");
    } else if (const auto parts = value_of(line, "#EXT-X-PART-INF")) {
      playlist_.part_target = number<double>(attribute(*parts, "PART-TARGET"));
    } else if (const auto control = value_of(line, "#EXT-X-SERVER-CONTROL")) {
      playlist_.blocks = attribute(*control, "CAN-BLOCK-RELOAD") == "YES";
      playlist_.skips = !attribute(*control, "CAN-SKIP-UNTIL").empty();
      playlist_.skips_dates = attribute(*control, "CAN-SKIP-DATERANGES") == "YES";
      playlist_.hold_back = number<double>(attribute(*control, "PART-HOLD-BACK"));
    } else if (line == "#EXT-X-ENDLIST") {
      playlist_.ended = true;
    }
  }

  void finish_segment() {
    segment_.sequence = sequence_++;
    playlist_.segments.push_back(std::move(segment_));
    segment_ = {};
  }

  MediaPlaylist playlist_;
  Segment segment_;
  std::uint64_t sequence_ = 0;
};

}  // namespace

Result<MultivariantPlaylist> parse_multivariant_playlist(std::string_view text) {
  if (auto checked = check(text); !checked) return std::unexpected(checked.error());
  MultivariantPlaylist playlist;
  std::string group;
  std::vector<std::pair<std::string, std::string>> audio;  // Group and URI.
  bool variant = false;
  while (!text.empty() && playlist.video.empty()) {
    const std::string_view line = next_line(text);
    if (const auto media = value_of(line, "#EXT-X-MEDIA")) {
      if (attribute(*media, "TYPE") == "AUDIO") {
        audio.emplace_back(attribute(*media, "GROUP-ID"), attribute(*media, "URI"));
      }
    } else if (const auto stream = value_of(line, "#EXT-X-STREAM-INF")) {
      group = attribute(*stream, "AUDIO");
      variant = true;
    } else if (variant && !line.empty() && line.front() != '#') {
      playlist.video = line;
    }
  }
  if (playlist.video.empty())
    return fail(ErrorCode::kInvalidArgument, "a playlist without a variant");
  for (const auto& [id, uri] : audio) {
    if (id == group) playlist.audio = uri;
  }
  return playlist;
}

Result<MediaPlaylist> parse_media_playlist(std::string_view text) {
  if (auto checked = check(text); !checked) return std::unexpected(checked.error());
  auto playlist = MediaParser().parse(text);
  if (playlist->part_target <= 0 || !playlist->blocks) {
    return fail(ErrorCode::kUnsupported,
                "a playlist without parts or blocking reload is no LL-HLS");
  }
  if (playlist->hold_back <= 0) playlist->hold_back = 3 * playlist->part_target;
  return playlist;
}

}  // namespace spacecast::viewers
