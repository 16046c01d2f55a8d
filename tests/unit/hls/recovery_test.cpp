// Goal: whatever moment a run is cut off at, the next one reads back a history that a store takes,
// and goes on from it. Method: a run is left without an end, its journal and files are cut at every
// byte of the last lines, and each of those directories is opened anew.
#include "hls/recovery.h"

#include <fmt/format.h>

#include "hls/archive.h"
#include "hls/journal.h"
#include "hls/media_playlist.h"
#include "presentation.h"
#include "temporary_directory.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr StoreConfig kConfig{};

std::unique_ptr<Archive> open(const fs::path& directory) {
  return Archive::open({.directory = directory, .keep = Archive::Keep::kAll}).value();
}

// One process's share of a presentation.
struct Run {
  explicit Run(const fs::path& directory) : archive(open(directory)) {
    store = Store::create(kConfig, archive->take_history()).value();
    archive->start(store);
    add(*store, video_info());
    add(*store, audio_info());
    video.emplace(store, 0, MediaTime(333'333'333), 6);
    audio.emplace(store, 1, MediaTime(341'333'333), 6);
  }
  void segments(int count) {
    for (int i = 0; i < count; ++i) {
      video->segments(1);
      audio->segments(1);
    }
  }
  std::unique_ptr<Archive> archive;
  std::shared_ptr<Store> store;
  std::optional<Publisher> video, audio;
};

// Three segments, and a fourth in progress of which sound has less.
void leave_a_run(const fs::path& directory) {
  Run run(directory);
  run.segments(2);
  run.store->set_on_air("ada", "Ada", kWallStart + 1s);
  run.segments(1);
  run.video->parts(3);
  run.audio->parts(2);
}

// Every segment's file is the parts that the history says, and nothing else.
void check_history(const History& history, const fs::path& directory) {
  REQUIRE(Store::create(kConfig, history));
  for (const RenditionState& state : history.renditions) {
    CHECK(as_text(*state.init->bytes) == state.info->name + " init");
    for (std::size_t i = 0; i < state.segments.size(); ++i) {
      const Segment& segment = *state.segments[i];
      CHECK(segment.msn == i);
      CHECK(segment.complete);
      std::string expected;
      for (std::size_t part = 0; part < segment.parts.size(); ++part) {
        if (!segment.parts[part].gap) expected += fmt::format("{}.{};", segment.msn, part);
      }
      if (expected.empty()) continue;
      REQUIRE(segment.file);
      CHECK(*segment.file == directory / fmt::format("{}/{}.m4s", state.info->name, segment.msn));
      std::ifstream file(*segment.file);
      std::string text;
      std::getline(file, text);
      CHECK(text == expected);
    }
  }
  for (const DateRange& range : history.date_ranges) CHECK(range.end);
}

std::size_t parts_of(const History& history) {
  std::size_t count = 0;
  for (const RenditionState& state : history.renditions) {
    for (const auto& segment : state.segments) {
      count += static_cast<std::size_t>(
          std::ranges::count_if(segment->parts, [](const Part& part) { return !part.gap; }));
    }
  }
  return count;
}

}  // namespace

TEST_CASE("a run cut off at any byte of its journal is read back up to the last whole line") {
  TemporaryDirectory left;
  leave_a_run(left.path());
  const std::string journal = left.read("journal.jsonl");
  const auto lines = lines_of(journal);
  const std::size_t whole = parts_of(recover(left.path()).value().history());
  CHECK(whole == 3 * 12 + 5);

  // The header, renditions and init sections are the first five lines.
  std::size_t head = 0;
  for (std::size_t i = 0; i < 5; ++i) head += lines[i].size() + 1;
  for (const auto& [from, to] :
       {std::pair{std::size_t{0}, head + 300}, std::pair{journal.size() - 1200, journal.size()}}) {
    std::size_t before = 0;
    for (std::size_t cut = from; cut <= to; ++cut) {
      TemporaryDirectory directory;
      fs::copy(left.path(), directory.path(), fs::copy_options::recursive);
      fs::resize_file(directory.path() / "journal.jsonl", cut);
      INFO("cut at byte " << cut << " of " << journal.size());
      const auto recovered = recover(directory.path());
      REQUIRE(recovered);
      const History history = recovered->history();
      check_history(history, directory.path());
      const std::size_t parts = parts_of(history);
      // Never less than a line less, and nothing that the journal does not say.
      const auto said = static_cast<std::size_t>(
          std::ranges::count_if(lines_of(journal.substr(0, journal.rfind('\n', cut - 1) + 1)),
                                [](const std::string& line) { return line.contains("size\":"); }));
      if (cut >= head) CHECK(parts + 2 == said);
      CHECK(parts >= before);
      before = parts;
    }
  }
}

TEST_CASE("a segment whose file is shorter than the journal says is a gap of its duration") {
  TemporaryDirectory left;
  leave_a_run(left.path());
  const auto whole = recover(left.path()).value().history();
  for (std::uintmax_t size = 0; size < 4 * 6; size += 5) {
    TemporaryDirectory directory;
    fs::copy(left.path(), directory.path(), fs::copy_options::recursive);
    fs::resize_file(directory.path() / "v0/1.m4s", size);
    fs::remove(directory.path() / "a0/3.m4s");
    const auto history = recover(directory.path()).value().history();
    check_history(history, directory.path());
    const Segment& lost = *history.renditions[0].segments[1];
    CHECK(lost.gap());
    CHECK(lost.duration() == whole.renditions[0].segments[1]->duration());
    CHECK(history.renditions[0].segments[2]->available());
    CHECK(history.renditions[1].segments[3]->gap());
  }
}

TEST_CASE("a rendition that is behind gets gaps as long as what the others have") {
  TemporaryDirectory directory;
  {
    Run run(directory.path());
    run.segments(2);
    run.video->segments(2);
    run.video->parts(1);
  }
  const auto history = recover(directory.path()).value().history();
  check_history(history, directory.path());
  const auto& video = history.renditions[0].segments;
  const auto& audio = history.renditions[1].segments;
  REQUIRE(video.size() == 5);
  REQUIRE(audio.size() == 5);
  for (std::size_t i = 2; i < 5; ++i) {
    CHECK(audio[i]->gap());
    CHECK(audio[i]->duration() == video[i]->duration());
    CHECK(audio[i]->start == video[i]->start);
  }
}

TEST_CASE("the next run goes on with the numbers, and the whole becomes one VOD") {
  TemporaryDirectory directory;
  leave_a_run(directory.path());
  {
    Run run(directory.path());
    CHECK(run.store->snapshot()->next_part(0) == PartId{4, 0});
    run.segments(2);
    // A third one; what it has to write anew is the same.
  }
  {
    Run run(directory.path());
    CHECK(run.store->snapshot()->next_part(1) == PartId{6, 0});
    run.store->set_on_air("bob", "Bob", kWallStart + 20s);
    run.segments(1);
    run.store->end();
  }
  const std::string video = directory.read("v0.m3u8");
  const auto lines = lines_of(video);
  CHECK(std::ranges::count(lines, "#EXT-X-DISCONTINUITY") == 2);
  CHECK(std::ranges::count(lines, "#EXT-X-MAP:URI=\"v0/init-3.mp4\"") == 1);
  for (int i = 0; i < 7; ++i) {
    CHECK_THAT(video, Catch::Contains(fmt::format("\nv0/{}.m4s\n", i)));
  }
  CHECK_THAT(video, !Catch::Contains("#EXT-X-GAP") && Catch::Contains("PLAYLIST-TYPE:VOD"));
  CHECK(directory.read("v0/4.m4s") == "4.0;4.1;4.2;4.3;4.4;4.5;");
  CHECK(directory.read("v0/3.m4s") == "3.0;3.1;3.2;");
  CHECK_THAT(video, Catch::Contains("X-NAME=\"Ada\"") && Catch::Contains("X-NAME=\"Bob\""));
  // The range that was open when the first run was cut off has an end.
  CHECK_THAT(video, Catch::Contains("END-DATE=\"2026-11-22T13:00:07."));
}

TEST_CASE("what is left of a run that was cut off plays, and opening and ending it makes it VOD") {
  TemporaryDirectory directory;
  leave_a_run(directory.path());
  CHECK_THAT(directory.read("v0.m3u8"),
             Catch::Contains("#EXT-X-PLAYLIST-TYPE:EVENT\n") && Catch::Contains("\nv0/2.m4s\n"));
  CHECK(directory.files().contains("master.m3u8"));
  {
    const auto archive = open(directory.path());
    const auto store = Store::create(kConfig, archive->take_history()).value();
    archive->start(store);
    store->end();
  }
  CHECK_THAT(directory.read("v0.m3u8"), Catch::Contains("\nv0/3.m4s\n#EXT-X-DATERANGE") &&
                                            Catch::EndsWith("#EXT-X-ENDLIST\n"));
  CHECK(directory.files().contains("chapters.json"));
}

TEST_CASE("an init section that is gone, or a journal of another kind, is said") {
  TemporaryDirectory directory;
  leave_a_run(directory.path());
  const auto recovered_code = [&] { return recover(directory.path()).error().code; };
  const std::string journal = directory.read("journal.jsonl");
  directory.write("v0/init-1.mp4", "v0");
  CHECK(recovered_code() == ErrorCode::kIo);
  fs::remove(directory.path() / "v0/init-1.mp4");
  CHECK(recovered_code() == ErrorCode::kIo);
  directory.write("v0/init-1.mp4", "v0 init");
  CHECK(recover(directory.path()));
  fs::remove(directory.path() / "journal.jsonl");
  fs::create_directory(directory.path() / "journal.jsonl");
  CHECK(recovered_code() == ErrorCode::kIo);
}

TEST_CASE("a journal that is broken in its middle counts up to there") {
  TemporaryDirectory directory;
  leave_a_run(directory.path());
  const auto lines = lines_of(directory.read("journal.jsonl"));
  const std::size_t whole = parts_of(recover(directory.path()).value().history());
  const auto parts_before = static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.begin() + 20,
                    [](const std::string& line) { return line.starts_with("{\"duration\""); }));
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += i == 20 ? std::string(kJournalLineMax + 10, 'x') + "\n" : lines[i] + "\n";
  }
  directory.write("journal.jsonl", text);
  const auto history = recover(directory.path()).value().history();
  check_history(history, directory.path());
  CHECK(parts_of(history) < whole);
  CHECK(parts_of(history) == parts_before);
}
