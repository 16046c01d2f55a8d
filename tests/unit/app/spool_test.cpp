// Goal: a spool is private, goes with its owner, and what a killed owner left goes with the next
// one; nothing else is touched. Method: a parent directory of the test's own; a child process that
// ends without destructors stands for a killed one.
#include "app/spool.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <optional>

using namespace spacecast;
namespace fs = std::filesystem;

namespace {

struct Parent {
  fs::path path;
  Parent() {
    std::string name = fs::temp_directory_path() / "spool-test-XXXXXX";
    REQUIRE(mkdtemp(name.data()));
    path = name;
  }
  ~Parent() { fs::remove_all(path); }

  [[nodiscard]] std::ptrdiff_t entries() const {
    return std::distance(fs::directory_iterator(path), fs::directory_iterator());
  }
};

void leave_a_spool_behind(const fs::path& parent) {
  const pid_t child = fork();
  if (child == 0) {
    const auto spool = Spool::create(parent, "killed");
    if (spool) std::ofstream(spool->directory() / "0.m4s") << "media";
    _exit(spool ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
}

}  // namespace

TEST_CASE("a spool is for its owner alone and goes with it") {
  const Parent parent;
  {
    const auto spool = Spool::create(parent.path, "demo");
    REQUIRE(spool);
    CHECK(spool->directory().filename().string().starts_with("spacecast-demo-"));
    struct stat status{};
    REQUIRE(stat(spool->directory().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
    std::ofstream(spool->directory() / "0.m4s") << "media";
  }
  CHECK(parent.entries() == 0);
}

TEST_CASE("what a killed owner left is removed, what lives or is no spool is not") {
  const Parent parent;
  leave_a_spool_behind(parent.path);
  CHECK(parent.entries() == 1);
  fs::create_directory(parent.path / "spacecast-of-somebody-else");
  const auto living = Spool::create(parent.path, "one");
  REQUIRE(living);
  const auto another = Spool::create(parent.path, "two");
  REQUIRE(another);
  CHECK(fs::exists(living->directory()));
  CHECK(fs::exists(parent.path / "spacecast-of-somebody-else"));
  CHECK(parent.entries() == 3);
}

TEST_CASE("where no directory can be made the reason is told") {
  const auto spool = Spool::create("/nowhere", "demo");
  REQUIRE_FALSE(spool);
  CHECK(spool.error().code == ErrorCode::kIo);
  CHECK_THAT(spool.error().message, Catch::Contains("/nowhere"));
}
