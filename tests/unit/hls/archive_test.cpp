// Goal: a directory that a file server can serve at any moment, and that holds the very bytes that
// were published. Method: publish, wait until that is written or end the archive (which writes what
// is published), and look at the files.
#include "hls/archive.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "hls/i_frame_playlist.h"
#include "hls/media_playlist.h"
#include "hls/multivariant_playlist.h"
#include "presentation.h"
#include "temporary_directory.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using Keep = Archive::Keep;

namespace {

std::unique_ptr<Archive> open(const fs::path& directory, Keep keep) {
  return Archive::open({.directory = directory,
                        .keep = keep,
                        .on_error = [](const Error& error) { FAIL_CHECK(error.message); }})
      .value();
}

std::unique_ptr<Archive> start(const fs::path& directory, Keep keep,
                               const std::shared_ptr<Store>& store) {
  auto archive = open(directory, keep);
  archive->start(store);
  return archive;
}

// Without the comments that fill up pages.
std::vector<std::string> tags_of(const std::string& playlist) {
  auto lines = lines_of(playlist);
  std::erase_if(lines, [](const std::string& line) {
    return line.find_first_not_of('#') == std::string::npos;
  });
  return lines;
}

bool is_range(const std::string& line) {
  return line.starts_with("#EXT-X-DATERANGE:");
}

}  // namespace

TEST_CASE("the files are those that the playlists name, and no temporary ones") {
  TemporaryDirectory directory;
  Presentation p;
  {
    const auto archive = start(directory.path() / "live", Keep::kWindow, p.store);
    p.segments(2);
    p.parts(3);
  }
  CHECK(directory.files() ==
        std::set<std::string>{
            "live/.lock", "live/master.m3u8", "live/v0.m3u8", "live/v0.iframes.m3u8",
            "live/a0.m3u8", "live/v0/init-1.mp4", "live/v0/0.m4s", "live/v0/1.m4s", "live/v0/2.m4s",
            "live/a0/init-1.mp4", "live/a0/0.m4s", "live/a0/1.m4s", "live/a0/2.m4s"});
  CHECK(directory.read("live/v0/1.m4s") == "1.0;1.1;1.2;1.3;1.4;1.5;");
  CHECK(directory.read("live/v0/2.m4s") == "2.0;2.1;2.2;");
  CHECK(directory.read("live/a0/init-1.mp4") == "a0 init");
  constexpr auto form = MediaPlaylistForm::kSegmentsOnly;
  CHECK(directory.read("live/v0.m3u8") == render_media_playlist(*p.snapshot(), 0, form));
  CHECK(directory.read("live/v0.iframes.m3u8") == render_i_frame_playlist(*p.snapshot(), 0, form));
  CHECK(directory.read("live/a0.m3u8") == render_media_playlist(*p.snapshot(), 1, form));
  CHECK(directory.read("live/master.m3u8") == render_multivariant_playlist(*p.snapshot()));
}

TEST_CASE("an archive that comes late writes what is listed; the end is written too") {
  TemporaryDirectory directory;
  Presentation p({.window_segments = 6});
  p.segments(9);
  p.parts(1);
  {
    const auto archive = start(directory.path(), Keep::kWindow, p.store);
    p.store->end();
  }
  CHECK(directory.read("v0/2.m4s") == "(missing)");
  CHECK(directory.read("v0/3.m4s") == "3.0;3.1;3.2;3.3;3.4;3.5;");
  CHECK(directory.read("v0/9.m4s") == "9.0;");
  CHECK_THAT(directory.read("v0.m3u8"), Catch::EndsWith("v0/9.m4s\n#EXT-X-ENDLIST\n"));
}

TEST_CASE("a window's files go when the store no longer answers them, and it is told of each") {
  TemporaryDirectory directory;
  Presentation p({.window_segments = 12, .memory_segments = 6});
  const auto archive = start(directory.path(), Keep::kWindow, p.store);
  for (int i = 0; i < 40; ++i) {
    p.segments(1);
    archive->wait_until_written();
  }
  p.parts(1);
  archive->wait_until_written();
  const auto snapshot = p.snapshot();
  std::set<std::string> expected{".lock",   "master.m3u8",   "v0.m3u8",      "v0.iframes.m3u8",
                                 "a0.m3u8", "v0/init-1.mp4", "a0/init-1.mp4"};
  for (const RenditionState& state : snapshot->renditions) {
    CHECK(state.segments.size() - state.first_listed == 13);
    for (const auto& segment : state.segments) {
      expected.insert(fmt::format("{}/{}.m4s", state.info->name, segment->msn));
      if (segment->msn + 8 >= snapshot->next_part(0).msn) continue;
      CHECK_FALSE(segment->in_memory());
      REQUIRE(segment->file);
      CHECK(*segment->file ==
            directory.path() / state.info->name / (std::to_string(segment->msn) + ".m4s"));
    }
  }
  CHECK(directory.files() == expected);
  CHECK(archive->counts().written == 80);
  CHECK(archive->counts().missing == 0);
}

TEST_CASE("a recording's playlists grow segment by segment to what the whole would be") {
  TemporaryDirectory directory;
  Presentation p;
  const auto archive = start(directory.path(), Keep::kAll, p.store);
  // A presentation that keeps everything, to compare with.
  Presentation all({.window_segments = 5000});
  const auto both = [&](auto&& what) {
    what(p);
    what(all);
  };
  std::string before;
  for (int i = 0; i < 120; ++i) {
    if (i % 7 == 3) {
      both([&](Presentation& each) {
        each.store->set_on_air(i % 2 == 0 ? "" : "ada", "Ada \"the first\"", kWallStart + i * 2s);
      });
    }
    both([](Presentation& each) { each.segments(1); });
    archive->wait_until_written();
    const std::string text = directory.read("v0.m3u8");
    REQUIRE(text.starts_with(before));
    // No reader sees half a segment: it was made visible page by page.
    REQUIRE((before.empty() || text.size() / 4096 == before.size() / 4096 ||
             text[text.size() / 4096 * 4096 - 1] == '\n'));
    before = text;
  }
  for (const bool ranges : {false, true}) {
    const auto others = [&](const std::string& line) { return is_range(line) != ranges; };
    for (std::size_t i = 0; i < 2; ++i) {
      auto ours = tags_of(directory.read(i == 0 ? "v0.m3u8" : "a0.m3u8"));
      auto whole = lines_of(render_media_playlist(*all.snapshot(), i, MediaPlaylistForm::kEvent));
      std::erase_if(ours, others);
      std::erase_if(whole, others);
      CHECK(ours == whole);
    }
    auto ours = tags_of(directory.read("v0.iframes.m3u8"));
    auto whole = lines_of(render_i_frame_playlist(*all.snapshot(), 0, MediaPlaylistForm::kEvent));
    std::erase_if(ours, others);
    std::erase_if(whole, others);
    CHECK(ours == whole);
  }
  CHECK(directory.read("v0/0.m4s") == "0.0;0.1;0.2;0.3;0.4;0.5;");
}

TEST_CASE("a recording that has ended is VOD with chapters, and not to be gone on with") {
  TemporaryDirectory directory;
  Presentation p;
  {
    const auto archive = start(directory.path(), Keep::kAll, p.store);
    p.store->set_on_air("ada", "Ada", kWallStart + 1s);
    p.segments(2);
    p.store->set_on_air("bob", "Bob", kWallStart + 3s);
    p.segments(1);
    p.parts(2);
    p.store->end();
  }
  for (const char* name : {"v0.m3u8", "a0.m3u8", "v0.iframes.m3u8"}) {
    const std::string text = directory.read(name);
    CHECK_THAT(text, Catch::Contains("#EXT-X-PLAYLIST-TYPE:VOD\n") &&
                         Catch::EndsWith("#EXT-X-ENDLIST\n") && Catch::Contains("/3.m4s\n"));
  }
  CHECK(directory.read("master.m3u8") ==
        render_multivariant_playlist(*p.snapshot()) +
            "#EXT-X-SESSION-DATA:DATA-ID=\"com.apple.hls.chapters\",URI=\"chapters.json\"\n");
  const auto chapters = nlohmann::json::parse(directory.read("chapters.json"), nullptr, false);
  REQUIRE(chapters.size() == 2);
  CHECK(chapters[0]["titles"][0]["title"] == "Ada");
  CHECK(chapters[0]["start-time"] == 1.0);
  CHECK(chapters[0]["duration"] == 2.0);
  CHECK(chapters[1]["start-time"] == 3.0);

  const auto again = Archive::open({.directory = directory.path(), .keep = Keep::kAll});
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::kConflict);
  CHECK_THAT(again.error().message, Catch::Contains("has ended"));
}

TEST_CASE("a directory that is somebody else's is refused at once") {
  TemporaryDirectory directory;
  const auto refused = [&](const std::string& name, Keep keep) {
    const auto archive = Archive::open({.directory = directory.path() / name, .keep = keep});
    REQUIRE_FALSE(archive);
    return archive.error().code;
  };
  directory.write("file", "x");
  CHECK(refused("file/live", Keep::kWindow) == ErrorCode::kIo);
  directory.write("window/master.m3u8", "#EXTM3U\n");
  CHECK(refused("window", Keep::kAll) == ErrorCode::kConflict);
  directory.write("recording/journal.jsonl", "");
  CHECK(refused("recording", Keep::kWindow) == ErrorCode::kConflict);
  directory.write("future/journal.jsonl", "{\"type\":\"journal\",\"version\":2}\n");
  CHECK(refused("future", Keep::kAll) == ErrorCode::kConflict);

  const auto first = open(directory.path() / "live", Keep::kAll);
  CHECK(refused("live", Keep::kAll) == ErrorCode::kConflict);
}
