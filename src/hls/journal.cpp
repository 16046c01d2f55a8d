#include "hls/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <nlohmann/json.hpp>

namespace spacecast::hls {
namespace {

using nlohmann::json;
using std::chrono::nanoseconds;

constexpr int kVersion = 1;
constexpr std::size_t kNameMax = 64;
constexpr std::size_t kTextMax = 1024;
constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();
// Numbers that other programs keep in a double stay whole.
constexpr std::int64_t kCountMax = std::int64_t{1} << 53;
constexpr std::int64_t kDurationMax = nanoseconds(std::chrono::minutes(1)).count();
constexpr std::int64_t kTimeMax = nanoseconds(std::chrono::years(20)).count();
constexpr std::int64_t kSizeMax = std::int64_t{1} << 30;

// Reads the fields of one line. What is missing or wrong is noted, so that a line is read in one go
// and judged at its end.
class Fields {
 public:
  explicit Fields(const json& object) : object_(object) {}

  template <typename T>
  [[nodiscard]] T number(const char* key, std::int64_t least, std::int64_t most) {
    const json* value = find(key);
    // Numbers of more than 63 bits are unsigned here.
    if (!value || !value->is_number_integer() ||
        (value->is_number_unsigned() && value->get<std::uint64_t>() > std::uint64_t{kAny})) {
      return wrong<T>(key);
    }
    const auto got = value->get<std::int64_t>();
    return got < least || got > most ? wrong<T>(key) : static_cast<T>(got);
  }
  // Zero where it is missing.
  template <typename T>
  [[nodiscard]] T number_or_zero(const char* key, std::int64_t most) {
    return find(key) ? number<T>(key, 0, most) : T{};
  }
  [[nodiscard]] double rate(const char* key) {
    const json* value = find(key);
    if (!value) return 0;
    if (!value->is_number()) return wrong<double>(key);
    const auto got = value->get<double>();
    return got >= 0 && got <= 1000 ? got : wrong<double>(key);
  }
  [[nodiscard]] bool flag(const char* key) {
    const json* value = find(key);
    if (!value) return false;
    return value->is_boolean() ? value->get<bool>() : wrong<bool>(key);
  }
  [[nodiscard]] std::string text(const char* key, std::size_t most) {
    const json* value = find(key);
    if (!value || !value->is_string()) return wrong<std::string>(key);
    auto got = value->get<std::string>();
    return got.size() > most ? wrong<std::string>(key) : got;
  }
  // Becomes part of a path.
  [[nodiscard]] std::string name(const char* key) {
    std::string got = text(key, kNameMax);
    const bool good = !got.empty() && std::ranges::all_of(got, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
    return good ? got : wrong<std::string>(key);
  }
  [[nodiscard]] WallTime wall(const char* key) {
    return WallTime(std::chrono::duration_cast<WallTime::duration>(
        nanoseconds(number<std::int64_t>(key, 0, kAny))));
  }
  [[nodiscard]] bool has(const char* key) const { return find(key) != nullptr; }

  [[nodiscard]] Result<RecordEntry> judge(RecordEntry entry) const {
    if (!wrong_.empty()) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("\"{}\" is missing or wrong", wrong_));
    }
    return entry;
  }

 private:
  [[nodiscard]] const json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  template <typename T>
  [[nodiscard]] T wrong(const char* key) {
    wrong_ = key;
    return T{};
  }

  const json& object_;
  std::string wrong_;
};

std::int64_t count(WallTime time) {
  return std::chrono::duration_cast<nanoseconds>(time.time_since_epoch()).count();
}

void put_unless_zero(json& line, const char* key, auto value) {
  if (value != decltype(value){}) line[key] = value;
}

json to_json(const RenditionInfo& info) {
  json line{{"type", "rendition"},
            {"name", info.name},
            {"kind", info.kind == MediaKind::kVideo ? "video" : "audio"},
            {"codecs", info.codecs},
            {"bandwidth", info.bandwidth},
            {"averageBandwidth", info.average_bandwidth}};
  put_unless_zero(line, "width", info.width);
  put_unless_zero(line, "height", info.height);
  put_unless_zero(line, "frameRate", info.frame_rate);
  put_unless_zero(line, "channels", info.channels);
  return line;
}

Result<RecordEntry> rendition(Fields fields) {
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  RenditionInfo info{
      .name = fields.name("name"),
      .kind = fields.text("kind", kNameMax) == "video" ? MediaKind::kVideo : MediaKind::kAudio,
      .codecs = fields.text("codecs", kTextMax),
      .width = fields.number_or_zero<std::uint32_t>("width", most),
      .height = fields.number_or_zero<std::uint32_t>("height", most),
      .frame_rate = fields.rate("frameRate"),
      .channels = fields.number_or_zero<std::uint32_t>("channels", most),
      .bandwidth = fields.number<std::uint32_t>("bandwidth", 0, most),
      .average_bandwidth = fields.number<std::uint32_t>("averageBandwidth", 0, most)};
  return fields.judge(std::move(info));
}

json to_json(const InitEntry& entry) {
  return {{"type", "init"},
          {"rendition", entry.rendition},
          {"number", entry.number},
          {"size", entry.size}};
}

Result<RecordEntry> init(Fields fields) {
  InitEntry entry{.rendition = fields.name("rendition"),
                  .number = fields.number<unsigned>("number", 1, 1 << 30),
                  .size = fields.number<std::uint64_t>("size", 0, kSizeMax)};
  return fields.judge(std::move(entry));
}

json to_json(const PartEntry& entry) {
  json line{{"type", "part"},
            {"rendition", entry.rendition},
            {"msn", entry.id.msn},
            {"part", entry.id.part},
            {"duration", entry.part.duration.count()}};
  if (!entry.part.gap) line["size"] = entry.part.size;
  put_unless_zero(line, "iFrame", entry.part.i_frame_size);
  put_unless_zero(line, "independent", entry.part.independent);
  put_unless_zero(line, "last", entry.last);
  if (entry.id.part == 0) {
    line["start"] = entry.opening.start.count();
    line["wall"] = count(entry.opening.wall_start);
    line["init"] = entry.opening.init;
    line["sequence"] = entry.opening.discontinuity_sequence;
    put_unless_zero(line, "discontinuity", entry.opening.discontinuity);
  }
  return line;
}

Result<RecordEntry> part(Fields fields) {
  PartEntry entry;
  entry.rendition = fields.name("rendition");
  entry.id = {fields.number<std::uint64_t>("msn", 0, kCountMax),
              fields.number<std::size_t>("part", 0, 100'000)};
  entry.part = {.duration = MediaTime(fields.number<std::int64_t>("duration", 1, kDurationMax)),
                .independent = fields.flag("independent"),
                .gap = !fields.has("size"),
                .i_frame_size = fields.number_or_zero<std::uint32_t>("iFrame", kSizeMax),
                .size = fields.number_or_zero<std::uint32_t>("size", kSizeMax)};
  entry.last = fields.flag("last");
  if (entry.id.part == 0) {
    entry.opening = {
        .start = MediaTime(fields.number<std::int64_t>("start", 0, kTimeMax)),
        .wall_start = fields.wall("wall"),
        .discontinuity = fields.flag("discontinuity"),
        .discontinuity_sequence = fields.number<std::uint64_t>("sequence", 0, kCountMax),
        .init = fields.number<unsigned>("init", 1, 1 << 30)};
  }
  return fields.judge(std::move(entry));
}

json to_json(const DateRange& range) {
  json line{{"type", "on-air"},
            {"id", range.id},
            {"speaker", range.speaker},
            {"name", range.name},
            {"start", count(range.start)},
            {"startAnnounced", range.start_announced.count()}};
  if (range.end) {
    line["end"] = count(*range.end);
    line["endAnnounced"] = range.end_announced.count();
  }
  return line;
}

Result<RecordEntry> on_air(Fields fields) {
  DateRange range{
      .id = fields.text("id", kTextMax),
      .speaker = fields.text("speaker", kTextMax),
      .name = fields.text("name", kTextMax),
      .start = fields.wall("start"),
      .start_announced = MediaTime(fields.number<std::int64_t>("startAnnounced", 0, kTimeMax))};
  if (fields.has("end")) {
    range.end = fields.wall("end");
    range.end_announced = MediaTime(fields.number<std::int64_t>("endAnnounced", 0, kTimeMax));
  }
  return fields.judge(std::move(range));
}

json to_json(const HeaderEntry& /*entry*/) {
  return {{"type", "journal"}, {"version", kVersion}};
}

json to_json(const EndEntry& /*entry*/) {
  return {{"type", "end"}};
}

std::string line_of(const json& line) {
  // Names come from people: what is no UTF-8 is replaced, as dump() throws otherwise.
  return line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string journal_line(const RecordEntry& entry) {
  return line_of(std::visit([](const auto& each) { return to_json(each); }, entry));
}

Result<RecordEntry> parse_journal_line(std::string_view line) {
  if (line.size() > kJournalLineMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a line of {} bytes: at most {}", line.size(), kJournalLineMax));
  }
  const json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return fail(ErrorCode::kInvalidArgument, "not a JSON object");
  Fields fields(object);
  const std::string type = fields.text("type", kNameMax);
  if (type == "journal") {
    if (fields.number<int>("version", 0, kAny) == kVersion) return HeaderEntry{};
    return fail(ErrorCode::kUnsupported, "a journal of another version");
  }
  if (type == "rendition") return rendition(fields);
  if (type == "init") return init(fields);
  if (type == "part") return part(fields);
  if (type == "on-air") return on_air(fields);
  if (type == "end") return EndEntry{};
  return fail(ErrorCode::kInvalidArgument, "of no known type");
}

}  // namespace spacecast::hls
