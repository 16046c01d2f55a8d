// Goal: whatever a disk does, live goes on, the archive says what is missing, and goes on when the
// disk does. Method: a small tmpfs in a mount namespace of the test's own thread is full, read-only
// or emptied; a FIFO in the place of a file is a disk that is stuck. Where the kernel gives us no
// namespace the tests that need one say so and pass.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <exception>
#include <mutex>
#include <thread>

#include "hls/archive.h"
#include "hls/recovery.h"
#include "presentation.h"
#include "temporary_directory.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using Keep = Archive::Keep;

namespace {

// An archive below `directory`, what it was told, and what it reports.
struct Rig {
  explicit Rig(const fs::path& directory, StoreConfig config = {}, Keep keep = Keep::kAll)
      : p(config) {
    archive = Archive::open({.directory = directory,
                             .keep = keep,
                             .on_error =
                                 [this](const Error& e) {
                                   const std::lock_guard lock(mutex);
                                   errors.push_back(e.message);
                                 }})
                  .value();
    archive->start(p.store);
  }
  void segments(int count) {
    for (int i = 0; i < count; ++i) {
      p.segments(1);
      archive->wait_until_written();
    }
  }
  std::vector<std::string> said() {
    const std::lock_guard lock(mutex);
    return errors;
  }
  Presentation p;
  std::mutex mutex;
  std::vector<std::string> errors;
  std::unique_ptr<Archive> archive;
};

// Runs `body` where a tmpfs of that size is mounted on `path`, visible to nobody else.
template <typename Body>
void on_small_disk(const fs::path& path, const char* size, Body body) {
  bool possible = false;
  std::exception_ptr failed;
  // A namespace is for a thread and those that it starts.
  std::thread([&] {
    possible = unshare(CLONE_NEWNS) == 0 &&
               mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               mount("tmpfs", path.c_str(), "tmpfs", 0, size) == 0;
    if (!possible) return;
    try {
      body();
    } catch (...) {  // A failed REQUIRE.
      failed = std::current_exception();
    }
  }).join();
  if (failed) std::rethrow_exception(failed);
  if (!possible) WARN("not run: no mount namespace to be had");
}

// Puts a read-only view of the directory in its place, as one cannot be made of a file system that
// has files open to write.
void make_read_only(const fs::path& path) {
  REQUIRE(mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0);
  REQUIRE(mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0);
}

// Every segment from the first on, in order, and no file shorter than what is listed.
void check_recording(const fs::path& directory, std::uint64_t segments) {
  const auto record = recover(directory);
  REQUIRE(record);
  for (const auto& rendition : record->renditions()) {
    REQUIRE(rendition.segments.size() == segments);
    for (std::size_t i = 0; i < segments; ++i) CHECK(rendition.segments[i]->msn == i);
  }
}

std::uint64_t gaps(const fs::path& directory) {
  std::uint64_t count = 0;
  const auto record = recover(directory).value();
  for (const auto& rendition : record.renditions()) {
    for (const auto& segment : rendition.segments) count += segment->gap() ? 1 : 0;
  }
  return count;
}

constexpr StoreConfig kShort{.window_segments = 6, .memory_segments = 6};

}  // namespace

TEST_CASE("a full disk: live goes on, what is missing is said, and the rest is written") {
  TemporaryDirectory directory;
  on_small_disk(directory.path(), "size=1m", [&] {
    Rig rig(directory.path() / "archive", kShort);
    rig.segments(3);
    CHECK(rig.said().empty());
    // What somebody else leaves: nothing.
    std::ofstream(directory.path() / "filler") << std::string(2 << 20, 'x');
    rig.segments(30);
    CHECK(rig.said().size() == 1);
    CHECK(rig.archive->counts().failing);
    CHECK(rig.p.snapshot()->next_part(0).msn == 33);
    CHECK(rig.p.snapshot()->renditions[0].segments.size() < 30);
    fs::remove(directory.path() / "filler");
    rig.segments(2);
    CHECK(rig.said().size() == 1);
    CHECK_FALSE(rig.archive->counts().failing);
    const std::uint64_t missing = rig.archive->counts().missing;
    CHECK(missing > 0);
    CHECK(missing + rig.archive->counts().written == 70);
    rig.archive.reset();
    check_recording(directory.path() / "archive", 35);
    CHECK(gaps(directory.path() / "archive") == missing);
  });
}

TEST_CASE("a read-only disk: one report a period of failure, and nothing is lost in a short one") {
  TemporaryDirectory directory;
  on_small_disk(directory.path(), "size=1m", [&] {
    Rig rig(directory.path() / "archive");
    rig.segments(2);
    for (std::size_t period = 1; period <= 2; ++period) {
      make_read_only(directory.path());
      rig.segments(3);
      CHECK(rig.said().size() == period);
      CHECK_THAT(rig.said().back(), Catch::Contains("Read-only file system"));
      REQUIRE(umount(directory.path().c_str()) == 0);
      rig.segments(1);
      CHECK_FALSE(rig.archive->counts().failing);
    }
    CHECK(rig.archive->counts().missing == 0);
    rig.archive.reset();
    check_recording(directory.path() / "archive", 10);
    CHECK(gaps(directory.path() / "archive") == 0);
  });
}

TEST_CASE("a window on a disk that stays full gives back what nobody is answered any more") {
  TemporaryDirectory directory;
  on_small_disk(directory.path(), "size=1m", [&] {
    Rig rig(directory.path() / "spool", kShort, Keep::kWindow);
    rig.segments(12);
    std::ofstream(directory.path() / "filler") << std::string(2 << 20, 'x');
    rig.segments(3);
    CHECK(rig.archive->counts().failing);
    rig.segments(60);
    const std::uint64_t held = rig.p.snapshot()->renditions[0].segments.front()->msn;
    REQUIRE(held > 15);
    for (const std::string& name : directory.files()) {
      INFO(name);
      if (!name.ends_with(".m4s")) continue;
      CHECK(std::stoull(fs::path(name).stem()) >= held);
    }
    // In the room that it made it goes on.
    CHECK(rig.archive->counts().written > 2 * 15);
  });
}

TEST_CASE("a part that was half written is not there twice") {
  TemporaryDirectory directory;
  on_small_disk(directory.path(), "size=64k", [&] {
    auto store = Store::create({}).value();
    add(*store, audio_info());
    const auto archive =
        Archive::open({.directory = directory.path() / "archive", .keep = Keep::kAll}).value();
    archive->start(store);
    const std::string large(30'000, 'a');
    const auto part = [&](bool last) {
      store->append_part(0, {.duration = 300ms, .bytes = make_bytes(large)},
                         {.wall_start = kWallStart}, last);
      archive->wait_until_written();
    };
    part(false);
    CHECK_FALSE(archive->counts().failing);
    part(false);
    CHECK(archive->counts().failing);
    CHECK(fs::file_size(directory.path() / "archive/a0/0.m4s") == large.size());
    REQUIRE(mount(nullptr, directory.path().c_str(), nullptr, MS_REMOUNT, "size=1m") == 0);
    part(true);
    CHECK_FALSE(archive->counts().failing);
    CHECK(fs::file_size(directory.path() / "archive/a0/0.m4s") == 3 * large.size());
  });
}

TEST_CASE("a directory that was removed is made again, and what it had is missing") {
  for (const Keep keep : {Keep::kAll, Keep::kWindow}) {
    TemporaryDirectory directory;
    Rig rig(directory.path() / "archive", {}, keep);
    rig.segments(3);
    rig.p.parts(2);
    rig.archive->wait_until_written();
    fs::remove_all(directory.path() / "archive");
    rig.segments(1);
    rig.segments(2);
    CHECK(rig.said().size() == 1);
    CHECK_FALSE(rig.archive->counts().failing);
    CHECK(rig.archive->counts().missing >= 6);
    const std::string playlist = directory.read("archive/v0.m3u8");
    CHECK_THAT(playlist, Catch::Contains("#EXT-X-GAP\n#EXTINF:2.00000,\nv0/2.m4s\n") &&
                             Catch::Contains("\nv0/5.m4s\n"));
    CHECK(directory.files().contains("archive/master.m3u8"));
    CHECK(directory.read("archive/v0/init-1.mp4") == "v0 init");
    CHECK(directory.read("archive/v0/5.m4s") == "5.0;5.1;5.2;5.3;5.4;5.5;");
  }
}

TEST_CASE("a stuck disk: what is published meanwhile waits or is missing, and nobody else waits") {
  TemporaryDirectory directory;
  Rig rig(directory.path(), kShort);
  rig.segments(2);
  // Opening it to write waits for a reader.
  const fs::path fifo = directory.path() / "v0/2.m4s";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  const std::size_t published = 60;
  rig.p.segments(published);
  CHECK(rig.p.snapshot()->next_part(0).msn == 2 + published);
  // The store's memory is what it may be; nothing went to a file.
  CHECK(rig.p.snapshot()->renditions[0].segments.size() < published);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  fs::remove(fifo);
  rig.archive->wait_until_written();
  close(reader);
  rig.segments(1);
  CHECK_FALSE(rig.archive->counts().failing);
  CHECK(rig.archive->counts().missing > 0);
  const std::uint64_t missing = rig.archive->counts().missing;
  rig.archive.reset();
  check_recording(directory.path(), 3 + published);
  CHECK(gaps(directory.path()) == missing);
  // The time line has no jump where the hole was.
  const auto record = recover(directory.path()).value();
  for (const auto& rendition : record.renditions()) {
    for (std::size_t i = 1; i < rendition.segments.size(); ++i) {
      const Segment& segment = *rendition.segments[i];
      CHECK(segment.start - rendition.segments[i - 1]->end() < 1ms);
      CHECK(segment.duration() < 3s);
      for (const Part& part : segment.parts) CHECK(part.duration <= kShort.part_target);
    }
  }
}

TEST_CASE("the end of a presentation is tried once more when the archive closes") {
  TemporaryDirectory directory;
  Rig rig(directory.path());
  rig.segments(2);
  // A rename onto a directory fails.
  fs::remove(directory.path() / "v0.m3u8");
  fs::create_directory(directory.path() / "v0.m3u8");
  rig.p.store->end();
  rig.archive->wait_until_written();
  CHECK(rig.archive->counts().failing);
  fs::remove(directory.path() / "v0.m3u8");
  rig.archive.reset();
  CHECK_THAT(directory.read("v0.m3u8"), Catch::EndsWith("#EXT-X-ENDLIST\n"));
}
