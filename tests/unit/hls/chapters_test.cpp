// Goal: chapters lie where the speaker is heard in the recording. Method: presentations as values.
#include "hls/chapters.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "presentation.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace std::chrono_literals;

namespace {

// Segments of 2 s at these seconds after the start.
Snapshot presentation(std::initializer_list<int> starts) {
  Snapshot snapshot;
  RenditionState& state = snapshot.renditions.emplace_back();
  for (const int start : starts) {
    state.segments.push_back(std::make_shared<const Segment>(Segment{
        .wall_start = kWallStart + std::chrono::seconds(start), .parts = {{.duration = 2s}}}));
  }
  return snapshot;
}

DateRange range(std::string name, int start, std::optional<int> end) {
  DateRange range{.name = std::move(name), .start = kWallStart + std::chrono::seconds(start)};
  if (end) range.end = kWallStart + std::chrono::seconds(*end);
  return range;
}

std::vector<std::tuple<std::string, double, double>> chapters(const Snapshot& snapshot) {
  std::vector<std::tuple<std::string, double, double>> found;
  for (const auto& each : nlohmann::json::parse(render_chapters(snapshot), nullptr, false)) {
    REQUIRE(each["titles"].size() == 1);
    CHECK(each["titles"][0]["language"] == "und");
    CHECK(each["chapter"] == found.size() + 1);
    found.emplace_back(each["titles"][0]["title"], each["start-time"], each["duration"]);
  }
  return found;
}

}  // namespace

TEST_CASE("a chapter is where its speaker is on the playlist's time line") {
  // Ten minutes passed between two runs: players see none of it.
  Snapshot snapshot = presentation({0, 2, 4, 600, 602});
  snapshot.date_ranges = {range("Ada", 1, 3), range("Bob", 5, 300), range("Cleo", 400, 500),
                          range("Dan", 601, std::nullopt)};
  using Chapters = std::vector<std::tuple<std::string, double, double>>;
  CHECK(chapters(snapshot) == Chapters{{"Ada", 1, 2}, {"Bob", 5, 1}, {"Dan", 7, 3}});
}

TEST_CASE("what lies before the recording is not a chapter; without any there is no text") {
  Snapshot snapshot = presentation({0, 2});
  snapshot.date_ranges = {range("Ada", -9, -5)};
  CHECK(render_chapters(snapshot).empty());
  snapshot.date_ranges = {range("Ada", -9, 1)};
  CHECK(chapters(snapshot).size() == 1);
  snapshot.date_ranges.clear();
  CHECK(render_chapters(snapshot).empty());
  CHECK(render_chapters({}).empty());
}
