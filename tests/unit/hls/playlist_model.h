// A playlist as a player understands it, read strictly: for tests that hold over time and for the
// fuzzer. RFC 8216bis sections beside what is checked.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace spacecast::hls::test {

using Attributes = std::map<std::string, std::string, std::less<>>;

struct ListedPart {
  std::string uri, duration;
  bool independent = false, gap = false;
  bool operator==(const ListedPart&) const = default;
};

struct ListedSegment {
  std::uint64_t msn = 0, dsn = 0;
  bool discontinuity = false, gap = false;
  std::string map, date;  // The map that is in scope.
  std::vector<ListedPart> parts;
  std::string duration, range, uri;  // Empty while in progress.
  bool operator==(const ListedSegment&) const = default;
};

struct PlaylistModel {
  std::map<std::string, std::string> tags;  // Those of the whole playlist, each once.
  std::vector<ListedSegment> segments;
  std::vector<std::string> date_ranges, reports;
  Attributes hints;  // TYPE to URI.
  std::uint64_t media_sequence = 0, skipped = 0;
  std::vector<std::string> problems;
};

// §4.2.
inline Attributes attributes_of(std::string_view text, std::vector<std::string>& problems) {
  Attributes attributes;
  while (!text.empty()) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) {
      problems.push_back("attribute without value: " + std::string(text));
      break;
    }
    const std::string name(text.substr(0, equals));
    text.remove_prefix(equals + 1);
    const bool quoted = text.starts_with('"');
    const auto end = quoted ? text.find('"', 1) : text.find(',');
    if (quoted && end == std::string_view::npos) {
      problems.push_back("open quotes: " + name);
      break;
    }
    const std::string value(quoted ? text.substr(1, end - 1) : text.substr(0, end));
    if (!attributes.emplace(name, value).second) problems.push_back("twice: " + name);
    text.remove_prefix(std::min(text.size(), quoted ? end + 1 : end));
    if (!text.empty() && !text.starts_with(',')) problems.push_back("no comma after " + name);
    if (!text.empty()) text.remove_prefix(1);
  }
  return attributes;
}

// §4.1: UTF-8 without control characters but the line feeds, each line ended. Tabs only as the
// delimiter of RECENTLY-REMOVED-DATERANGES (§4.4.5.2).
inline bool is_clean_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) return false;
      continue;
    }
    const std::size_t more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc2 ? 1 : 0;
    if (more == 0 || byte > 0xf4 || i + more >= text.size()) return false;
    std::uint32_t point = byte & (0x3fU >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0U) != 0x80U) return false;
      point = (point << 6U) | (next & 0x3fU);
    }
    const bool overlong = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
    if (overlong || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) || point < 0xa0) {
      return false;
    }
    i += more;
  }
  return text.ends_with('\n') && text.find("\n\n") == std::string_view::npos;
}

class PlaylistReader {
 public:
  [[nodiscard]] static PlaylistModel read(std::string_view text) {
    PlaylistReader reader;
    if (!is_clean_text(text)) reader.problem("not clean text", "");
    while (!text.empty()) {
      const auto end = text.find('\n');
      reader.line(std::string(text.substr(0, end)));
      text.remove_prefix(std::min(text.size(), end + 1));
    }
    if (!reader.segment_.parts.empty()) reader.model_.segments.push_back(reader.segment_);
    if (reader.lines_ == 0) reader.problem("empty", "");
    return std::move(reader.model_);
  }

 private:
  void problem(const std::string& what, const std::string& line) {
    model_.problems.push_back(what + ": " + line);
  }

  static std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  void line(const std::string& text) {
    if (lines_++ == 0 && text != "#EXTM3U") problem("first line", text);  // §4.4.1.1
    if (lines_ == 1) return;
    if (text.find('\t') != std::string::npos && !text.starts_with("#EXT-X-SKIP:")) {
      problem("tab", text);
    }
    if (!text.starts_with('#')) return uri(text);
    const auto colon = text.find(':');
    const std::string name = text.substr(0, colon);
    const std::string value = colon == std::string::npos ? "" : text.substr(colon + 1);
    if (!segment_tag(name, value) && !metadata_tag(name, value)) playlist_tag(name, value);
  }

  // §4.4.4. Those that apply to a parent segment stand before its first part (§4.4.4.9).
  bool segment_tag(const std::string& name, const std::string& value) {
    const bool opens = segment_.parts.empty() && segment_.duration.empty();
    if (name == "#EXT-X-DISCONTINUITY") {
      if (segment_.discontinuity || !opens) problem("place", name);
      segment_.discontinuity = true;
      segment_.dsn = ++dsn_;
    } else if (name == "#EXT-X-MAP") {
      if (!opens) problem("place", name);
      segment_.map = attributes_of(value, model_.problems)["URI"];
    } else if (name == "#EXT-X-PROGRAM-DATE-TIME") {
      if (!segment_.date.empty() || !opens) problem("place", name);
      segment_.date = value;
    } else if (name == "#EXT-X-PART") {
      Attributes a = attributes_of(value, model_.problems);
      if (segment_.map.empty()) problem("part without a map", value);
      segment_.parts.push_back(
          {a["URI"], a["DURATION"], a["INDEPENDENT"] == "YES", a["GAP"] == "YES"});
    } else if (name == "#EXT-X-GAP") {
      segment_.gap = true;
    } else if (name == "#EXTINF") {
      if (!value.ends_with(',') || !segment_.duration.empty()) problem("EXTINF", value);
      segment_.duration = value;
    } else if (name == "#EXT-X-BYTERANGE") {
      segment_.range = value;
    } else {
      return false;
    }
    segments_begun_ = true;
    return true;
  }

  bool metadata_tag(const std::string& name, const std::string& value) {
    if (name == "#EXT-X-DATERANGE") {
      (void)attributes_of(value, model_.problems);
      model_.date_ranges.push_back(value);
    } else if (name == "#EXT-X-RENDITION-REPORT") {
      (void)attributes_of(value, model_.problems);
      model_.reports.push_back(value);
    } else if (name == "#EXT-X-PRELOAD-HINT") {
      Attributes a = attributes_of(value, model_.problems);
      // One of each type (§6.2.6), the map before the part.
      if (!model_.hints.emplace(a["TYPE"], a["URI"]).second) problem("two hints", value);
      if (a["TYPE"] == "MAP" && model_.hints.contains("PART")) problem("hints' order", value);
    } else {
      return false;
    }
    return true;
  }

  // §4.4.3: once each, those about numbers before the first segment.
  void playlist_tag(const std::string& name, const std::string& value) {
    static const std::set<std::string, std::less<>> known = {
        "#EXT-X-VERSION",       "#EXT-X-TARGETDURATION", "#EXT-X-SERVER-CONTROL",
        "#EXT-X-PART-INF",      "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE",
        "#EXT-X-I-FRAMES-ONLY", "#EXT-X-SKIP",           "#EXT-X-ENDLIST",
        "#EXT-X-PLAYLIST-TYPE"};
    if (!known.contains(name)) problem("unknown", name);
    if (!model_.tags.emplace(name, value).second) problem("twice", name);
    if (segments_begun_ && name != "#EXT-X-ENDLIST") problem("late", name);
    if (name == "#EXT-X-MEDIA-SEQUENCE") {
      model_.media_sequence = number(value);
      segment_.msn += model_.media_sequence;
    } else if (name == "#EXT-X-DISCONTINUITY-SEQUENCE") {
      dsn_ = segment_.dsn = number(value);
    } else if (name == "#EXT-X-SKIP") {
      model_.skipped = number(attributes_of(value, model_.problems)["SKIPPED-SEGMENTS"]);
      segment_.msn += model_.skipped;
    }
  }

  void uri(const std::string& text) {
    if (segment_.duration.empty()) problem("no EXTINF", text);
    if (segment_.map.empty()) problem("no map", text);    // §3.1.2
    if (segment_.date.empty()) problem("no date", text);  // Appendix B.1
    segment_.uri = text;
    model_.segments.push_back(segment_);
    segment_ = {.msn = segment_.msn + 1, .dsn = dsn_, .map = segment_.map};
  }

  PlaylistModel model_;
  ListedSegment segment_;
  std::uint64_t dsn_ = 0;
  int lines_ = 0;
  bool segments_begun_ = false;
};

// What a player has after it merged a delta update into what it had (§6.3.7). Nothing where it
// lacks what was skipped.
inline std::optional<PlaylistModel> merge_delta(const PlaylistModel& had, PlaylistModel delta) {
  std::vector<ListedSegment> merged;
  for (std::uint64_t i = 0; i < delta.skipped; ++i) {
    const auto found =
        std::ranges::find(had.segments, delta.media_sequence + i, &ListedSegment::msn);
    if (found == had.segments.end() || found->uri.empty()) return std::nullopt;
    merged.push_back(*found);
    merged.back().parts.clear();  // Gone from the full playlist before the boundary is reached.
  }
  for (ListedSegment& segment : delta.segments) {
    // The header's number does not count what was skipped (§4.4.5.2).
    if (!merged.empty()) {
      segment.dsn = merged.back().dsn + (segment.discontinuity ? 1 : 0);
    }
    merged.push_back(std::move(segment));
  }
  delta.segments = std::move(merged);

  const auto skip = delta.tags.find("#EXT-X-SKIP");
  if (skip == delta.tags.end()) return delta;
  const Attributes skipped = attributes_of(skip->second, delta.problems);
  if (const auto removed = skipped.find("RECENTLY-REMOVED-DATERANGES"); removed != skipped.end()) {
    const std::string ids = "\t" + removed->second + "\t";
    std::vector<std::string> ranges;
    for (const std::string& range : had.date_ranges) {
      const std::string id = attributes_of(range, delta.problems)["ID"];
      if (ids.find("\t" + id + "\t") == std::string::npos) ranges.push_back(range);
    }
    for (const std::string& range : delta.date_ranges) {
      if (std::ranges::find(ranges, range) == ranges.end()) ranges.push_back(range);
    }
    delta.date_ranges = std::move(ranges);
  }
  delta.tags.erase(skip);
  return delta;
}

}  // namespace spacecast::hls::test
