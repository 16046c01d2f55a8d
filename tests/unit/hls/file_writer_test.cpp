// Goal: a directory that a file server can serve at any moment, whatever the disk does.
// Method: publish, end the writer (which writes what is published) and look at the files; a
// directory in the place of a file stands for a disk error, as tests may run as root.
#include "hls/file_writer.h"

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <set>
#include <sstream>

#include "hls/media_playlist.h"
#include "hls/multivariant_playlist.h"
#include "presentation.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
namespace fs = std::filesystem;

namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = fs::temp_directory_path() / "spacecast-hls-XXXXXX";
    REQUIRE(mkdtemp(pattern.data()));
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return file ? text.str() : "(missing)";
  }
  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      if (entry.is_regular_file()) names.insert(fs::relative(entry.path(), path_));
    }
    return names;
  }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("the files are those that the playlists name, and no temporary ones") {
  TemporaryDirectory directory;
  Presentation p;
  {
    const auto writer = FileWriter::create(*p.store, directory.path() / "live", nullptr).value();
    p.segments(2);
    p.parts(3);
  }
  CHECK(directory.files() ==
        std::set<std::string>{"live/master.m3u8", "live/v0.m3u8", "live/a0.m3u8",
                              "live/v0/init-1.mp4", "live/v0/0.m4s", "live/v0/1.m4s",
                              "live/a0/init-1.mp4", "live/a0/0.m4s", "live/a0/1.m4s"});
  CHECK(directory.read("live/v0/1.m4s") == "1.0;1.1;1.2;1.3;1.4;1.5;");
  CHECK(directory.read("live/a0/init-1.mp4") == "a0 init");
  CHECK(directory.read("live/v0.m3u8") ==
        render_media_playlist(*p.snapshot(), 0, MediaPlaylistForm::kSegmentsOnly));
  CHECK(directory.read("live/master.m3u8") == render_multivariant_playlist(*p.snapshot()));
}

TEST_CASE("a writer that comes late writes what is listed; the end is written too") {
  TemporaryDirectory directory;
  Presentation p({.window_segments = 6});
  p.segments(9);
  p.parts(1);
  {
    const auto writer = FileWriter::create(*p.store, directory.path(), nullptr).value();
    p.store->end();
  }
  CHECK(directory.read("v0/2.m4s") == "(missing)");
  CHECK(directory.read("v0/3.m4s") == "3.0;3.1;3.2;3.3;3.4;3.5;");
  CHECK(directory.read("v0/9.m4s") == "9.0;");
  CHECK_THAT(directory.read("v0.m3u8"), Catch::EndsWith("v0/9.m4s\n#EXT-X-ENDLIST\n"));
}

TEST_CASE("segments are removed when the store no longer answers them, missing ones are not made") {
  TemporaryDirectory directory;
  Presentation p({.window_segments = 6});
  {
    const auto writer = FileWriter::create(*p.store, directory.path(), nullptr).value();
    p.segments(2);
    p.video.part(/*gap=*/true);
    p.video.parts(5);
    p.audio.segments(1);
    p.segments(30);
  }
  const auto snapshot = p.snapshot();
  std::set<std::string> expected{"master.m3u8", "v0.m3u8", "a0.m3u8", "v0/init-1.mp4",
                                 "a0/init-1.mp4"};
  for (const RenditionState& state : snapshot->renditions) {
    for (const auto& segment : state.segments) {
      expected.insert(state.info->name + "/" + std::to_string(segment->msn) + ".m4s");
    }
  }
  // The writer may have been too slow for some that are not listed any more, but never leaves one.
  for (const std::string& name : directory.files()) CHECK(expected.contains(name));
  for (const RenditionState& state : snapshot->renditions) {
    for (std::size_t i = state.first_listed; i < state.segments.size(); ++i) {
      CHECK(fs::exists(directory.path() / state.info->name /
                       (std::to_string(state.segments[i]->msn) + ".m4s")));
    }
  }
}

TEST_CASE("a disk error is reported once; the playlist waits and all comes when it is over") {
  TemporaryDirectory directory;
  Presentation p;
  // A rename onto a directory fails.
  fs::create_directories(directory.path() / "v0" / "1.m4s");
  std::vector<std::string> errors;
  {
    const auto writer = FileWriter::create(*p.store, directory.path(), [&](const Error& error) {
                          errors.push_back(error.message);
                        }).value();
    p.segments(3);
  }
  REQUIRE(errors.size() == 1);
  CHECK_THAT(errors[0], Catch::Contains("v0/1.m4s"));
  CHECK_THAT(directory.read("v0.m3u8"), !Catch::Contains("v0/1.m4s"));
  CHECK_THAT(directory.read("a0.m3u8"), Catch::Contains("a0/2.m4s"));
  CHECK(directory.files().count("v0/.1.m4s.tmp") == 0);

  fs::remove(directory.path() / "v0" / "1.m4s");
  {
    const auto writer = FileWriter::create(*p.store, directory.path(), nullptr).value();
  }
  CHECK_THAT(directory.read("v0.m3u8"),
             Catch::Contains("v0/1.m4s\n") && Catch::Contains("v0/2.m4s"));
}

TEST_CASE("a directory that cannot be made is refused at once") {
  TemporaryDirectory directory;
  std::ofstream(directory.path() / "file") << "x";
  Presentation p;
  const auto writer = FileWriter::create(*p.store, directory.path() / "file" / "live", nullptr);
  REQUIRE_FALSE(writer.has_value());
  CHECK(writer.error().code == ErrorCode::kIo);
}
