// Goal: media that has left the memory is answered as if it had not: whole, in ranges, or with the
// error that says what happened; however slow the disk, the loop answers everybody else, and what
// waits for it is bounded.
// Method: segments that the test writes; a pipe in the place of a file is a disk that does not
// answer until the test opens its other end.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "tests/unit/origin/fixture.h"

using namespace spacecast;
using namespace spacecast::test;
namespace fs = std::filesystem;

namespace {

constexpr hls::StoreConfig kConfig = {.window_segments = 20, .memory_segments = 6};

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "spacecast-origin-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

// Segments 0 to 6 of the video lie in files, and in no memory.
struct DiskFixture : OriginFixture {
  explicit DiskFixture(origin::Origin::Options options = {}, hls::StoreConfig config = kConfig)
      : OriginFixture(std::move(options), config) {
    presentation.segments(1);
    for (std::uint64_t msn = 0; msn < 12; ++msn) {
      std::ofstream(folder / std::to_string(msn)) << text(msn);
      presentation.store->set_file(0, msn, folder / std::to_string(msn));
      presentation.segments(1);
    }
    REQUIRE(presentation.snapshot()->renditions[0].first_listed == 0);
    REQUIRE_FALSE(presentation.snapshot()->renditions[0].find(6)->in_memory());
    REQUIRE(presentation.snapshot()->renditions[0].find(7)->in_memory());
  }
  static std::string text(std::uint64_t msn) {
    std::string text;
    for (int part = 0; part < 6; ++part) {
      text += std::to_string(msn) + "." + std::to_string(part) + ";";
    }
    return text;
  }
  // From now on reads of the segment do not return until release().
  void stall(std::uint64_t msn) const {
    fs::remove(folder / std::to_string(msn));
    REQUIRE(mkfifo((folder / std::to_string(msn)).c_str(), 0600) == 0);
  }
  void release(std::uint64_t msn) const {
    close(open((folder / std::to_string(msn)).c_str(), O_WRONLY | O_CLOEXEC));
  }
  const origin::Metrics& metrics() const { return mounted->metrics(); }

  Folder folder;
};

}  // namespace

TEST_CASE("segments and parts come from the disk as they would from memory") {
  DiskFixture origin;
  auto response = origin.get("v0/3.m4s");
  CHECK(response.status == 200);
  CHECK(response.body == DiskFixture::text(3));
  CHECK(response.header("content-type") == "video/iso.segment");
  CHECK(response.header("accept-ranges") == "bytes");
  // What is listed last of all can be kept for longest.
  const auto age = [&](const char* file) {
    return std::stoi(
        origin.get(file).header("cache-control").substr(sizeof "public, max-age=" - 1));
  };
  CHECK(age("v0/3.m4s") > 12);
  CHECK(age("v0/4.m4s") == age("v0/3.m4s") + 2);
  response = origin.get("v0/3.m4s", "Range: bytes=4-7\r\n");
  CHECK(response.status == 206);
  CHECK(response.body == "3.1;");
  CHECK(response.header("content-range") == "bytes 4-7/24");
  CHECK(origin.get("v0/3.2.m4s").body == "3.2;");
  CHECK(origin.get("v0/3.6.m4s").status == 404);
  CHECK(origin.get("v0/8.m4s").body == DiskFixture::text(8));
  // 3, its part 2 and 4: each was read once, and is kept.
  CHECK(origin.metrics().file_reads == 3);
  CHECK(origin.metrics().file_read_bytes == 24 + 4 + 24);
  CHECK(origin.metrics().cached_bytes == 24 + 4 + 24 + 24);
  CHECK(origin.metrics().reading == 0);
}

TEST_CASE("a file that is gone or too short is a 404, never a wrong length") {
  std::vector<std::string> errors;
  DiskFixture origin(
      {.on_read_error = [&](const Error& error) { errors.push_back(error.message); }});
  fs::remove(origin.folder / "1");
  fs::resize_file(origin.folder / "2", 20);
  CHECK(origin.get("v0/1.m4s").status == 404);
  CHECK(origin.get("v0/2.m4s").status == 404);
  CHECK(origin.get("v0/2.4.m4s").body == "2.4;");
  CHECK(origin.get("v0/2.5.m4s", "Range: bytes=0-0\r\n").status == 404);
  CHECK(origin.metrics().file_read_failures == 3);
  CHECK(origin.metrics().not_found == 3);
  // One line for the first two, one for the one after a success.
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].find("No such file") != std::string::npos);
  CHECK(errors[1].find("the file ends after") != std::string::npos);
  // Nothing of it stays: a file that is whole again is answered.
  std::ofstream(origin.folder / "2") << DiskFixture::text(2);
  CHECK(origin.get("v0/2.m4s").body == DiskFixture::text(2));
}

TEST_CASE("a disk that does not answer holds up nobody else, and is read once for all") {
  DiskFixture origin;
  origin.stall(1);
  RawClient stalled = origin.park("v0/1.m4s", 1);
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < 20; ++i) clients.push_back(origin.park("v0/3.m4s", 2 + i));
  CHECK(origin.metrics().reading == 2);
  CHECK(origin.get("v0.m3u8").status == 200);
  CHECK(origin.get("v0/11.m4s").body == DiskFixture::text(11));
  RawClient reload = origin.park("v0.m3u8?_HLS_msn=13&_HLS_part=0", 22);
  origin.presentation.part();
  CHECK(reload.response().status == 200);

  origin.release(1);
  // A pipe is no file with a place in it.
  CHECK(stalled.response().status == 503);
  for (RawClient& client : clients) CHECK(client.response().body == DiskFixture::text(3));
  CHECK(origin.metrics().file_reads == 1);
  CHECK(origin.metrics().file_read_failures == 1);
  CHECK(eventually([&] { return origin.metrics().waiting == 0; }));
}

TEST_CASE("the number of pieces that are read at a time is bounded") {
  DiskFixture origin({.max_reads = 2});
  origin.stall(1);
  RawClient first = origin.park("v0/1.m4s", 1);
  RawClient second = origin.park("v0/3.m4s", 2);
  const auto refused = origin.get("v0/4.m4s");
  CHECK(refused.status == 503);
  CHECK(refused.header("retry-after") == "1");
  CHECK(refused.header("cache-control") == "no-store");
  CHECK(refused.header("content-type") == "application/problem+json");
  CHECK(origin.metrics().turned_away == 1);
  {
    // Who waits for what is being read already asks nothing more of the disk.
    RawClient same = origin.park("v0/3.m4s", 3);
  }
  CHECK(eventually([&] { return origin.metrics().waiting == 2; }));
  origin.release(1);
  CHECK(second.response().body == DiskFixture::text(3));
  CHECK(origin.get("v0/4.m4s").body == DiskFixture::text(4));
}

TEST_CASE("who waits for the disk counts among those who wait, and waits no longer than they") {
  hls::StoreConfig impatient = kConfig;
  impatient.target_duration_s = 1;
  DiskFixture origin({.max_waiting = 1}, impatient);
  origin.stall(1);
  RawClient waiting = origin.park("v0/1.m4s", 1);
  CHECK(origin.get("v0.m3u8?_HLS_msn=13&_HLS_part=0").status == 503);
  const auto response = waiting.response();
  CHECK(response.status == 503);
  CHECK(response.header("retry-after") == "1");
  CHECK(origin.metrics().timed_out == 1);
  origin.release(1);
  CHECK(eventually([&] { return origin.metrics().reading == 0; }));
}

TEST_CASE("what is kept of the disk is bounded by its bytes") {
  DiskFixture origin({.cache_bytes = 50});
  for (const char* file : {"v0/1.m4s", "v0/2.m4s", "v0/1.m4s", "v0/3.m4s"}) {
    CHECK(origin.get(file).status == 200);
    CHECK(origin.metrics().cached_bytes <= 50);
  }
  CHECK(origin.metrics().file_reads == 3);
  // 2 was asked for longest ago.
  CHECK(origin.get("v0/1.m4s").body == DiskFixture::text(1));
  CHECK(origin.metrics().file_reads == 3);
  CHECK(origin.get("v0/2.m4s").body == DiskFixture::text(2));
  CHECK(origin.metrics().file_reads == 4);
  DiskFixture none({.cache_bytes = 0});
  CHECK(none.get("v0/1.m4s").body == DiskFixture::text(1));
  CHECK(none.get("v0/1.m4s").body == DiskFixture::text(1));
  CHECK(none.metrics().file_reads == 2);
}

TEST_CASE("an origin goes while the disk is read") {
  auto origin = std::make_unique<DiskFixture>();
  origin->stall(1);
  RawClient waiting = origin->park("v0/1.m4s", 1);
  RawClient queued = origin->park("v0/3.m4s", 2);
  origin->release(1);
  origin->mounted.reset();
  origin->server.reset();
  CHECK((waiting.response().status == 503 || waiting.closed_by_server()));
}
