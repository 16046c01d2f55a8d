// Goal: a full stage works, one more is refused with a reason, and 200 people who came and went
// left threads, descriptors and memory where they were. Method: simulated speakers on a real Space
// and program.
#include <malloc.h>

#include <cstdio>
#include <filesystem>

#include "tests/graph/space_rig.h"

using namespace spacecast;
using namespace std::chrono_literals;
using test::Guest;
using test::SpaceRig;

namespace {

const bool initialised = (gst_init(nullptr, nullptr), true);

constexpr unsigned kPlaces = 13;

std::ptrdiff_t entries(const char* directory) {
  return std::distance(std::filesystem::directory_iterator(directory),
                       std::filesystem::directory_iterator());
}

// What the process has in memory, in MB.
double resident() {
  malloc_trim(0);
  std::ifstream file("/proc/self/statm");
  double size = 0;
  double pages = 0;
  file >> size >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

}  // namespace

TEST_CASE("thirteen are on stage, and one more is told why not") {
  SpaceRig rig;
  std::vector<std::shared_ptr<Guest>> guests;
  for (unsigned i = 0; i < kPlaces; ++i) guests.push_back(rig.bring({.tone = 220 + 20.0 * i}));
  REQUIRE(rig.until([&] { return std::ranges::all_of(guests, &Guest::on_stage); }, 60s));
  const auto heard = [&] {
    return std::ranges::all_of(rig.space->roster().speakers, [](const auto& speaker) {
      return speaker.audio_packets > 50 && speaker.connection == studio::Connection::kConnected;
    });
  };
  REQUIRE(rig.until(heard));
  CHECK(rig.space->roster().speakers.size() == kPlaces);

  const auto late = rig.bring({});
  REQUIRE(rig.until([&] { return late->joined.has_value(); }));
  REQUIRE_FALSE(*late->joined);
  CHECK(late->joined->error().code == ErrorCode::kLimit);
  CHECK(late->joined->error().message.contains("the stage is full: all 13 places are taken"));
  CHECK(rig.space->counters()->refused == 1);

  rig.leave(guests.front());
  const auto next = rig.bring({});
  CHECK(rig.until([&] { return next->on_stage(); }));
}

TEST_CASE("two hundred who come and go leave nothing behind") {
  constexpr int kAtOnce = 10;
  SpaceRig rig;
  const auto round = [&] {
    std::vector<std::shared_ptr<Guest>> guests;
    for (unsigned i = 0; i < kAtOnce; ++i) guests.push_back(rig.bring({.tone = 220 + 20.0 * i}));
    REQUIRE(rig.until([&] { return std::ranges::all_of(guests, &Guest::on_stage); }, 60s));
    // Some leave by the door, some without a word, one before the other's sound is there.
    for (std::size_t i = 0; i < guests.size(); ++i) {
      if (i % 2 == 0) {
        rig.leave(guests[i]);
      } else {
        const auto secret = (*guests[i]->joined)->secret;
        rig.vanish(guests[i]);
        rig.space->leave(*rig.space->find_by_secret(secret));
      }
    }
    REQUIRE(rig.until([&] { return rig.space->teardown()->running() == 0; }));
  };
  // What GLib and GStreamer keep for ever (thread pools, caches of caps) is there after a few.
  for (int i = 0; i < 4; ++i) round();
  const auto threads = entries("/proc/self/task");
  const auto descriptors = entries("/proc/self/fd");
  const auto memory = resident();
  for (int i = 0; i < 200 / kAtOnce; ++i) round();
  // A thread that was joined may still be listed for a moment.
  CHECK(rig.until([&] {
    return entries("/proc/self/task") <= threads && entries("/proc/self/fd") <= descriptors;
  }));
  INFO("threads " << threads << " -> " << entries("/proc/self/task"));
  INFO("descriptors " << descriptors << " -> " << entries("/proc/self/fd"));
  CHECK(entries("/proc/self/task") <= threads);
  CHECK(entries("/proc/self/fd") <= descriptors);
  const auto grown = resident() - memory;
  std::printf("200 joins: %+.1f MB, threads %td -> %td, descriptors %td -> %td\n", grown, threads,
              entries("/proc/self/task"), descriptors, entries("/proc/self/fd"));
  CHECK(grown < 10);
  CHECK(rig.space->teardown()->stuck() == 0);
  CHECK(rig.space->counters()->speakers == 0);
}
