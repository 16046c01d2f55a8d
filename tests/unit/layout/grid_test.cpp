// Goal: a gallery has a place for everybody, as large as can be, on any canvas. Method: properties
// over counts and aspects, and the shapes that people will see most.
#include "layout/grid.h"

#include <catch2/catch.hpp>
#include <set>

#include "geometry.h"

using namespace spacecast::layout;
using namespace spacecast::layout::test;

TEST_CASE("tiles are equal, inside the canvas and apart from each other") {
  const double aspect = GENERATE(16.0 / 9, 4.0 / 3, 1.0, 3.0 / 4, 9.0 / 16, 12.0, 1.0 / 12);
  const auto count = static_cast<std::size_t>(GENERATE(range(0, 40)));
  CAPTURE(aspect, count);
  const auto places = make_grid(count, aspect);
  REQUIRE(places.size() == count);
  for (std::size_t i = 0; i < count; ++i) {
    CHECK(inside(places[i]));
    CHECK(places[i].width == places[0].width);
    CHECK(places[i].height == places[0].height);
    for (std::size_t j = 0; j < i; ++j) CHECK_FALSE(overlap(places[i], places[j]));
  }
}

TEST_CASE("rows and columns suit the canvas") {
  struct Shape {
    double aspect;
    std::size_t count, rows, columns;
  };
  const auto [aspect, count, rows, columns] = GENERATE(values<Shape>({
      {16.0 / 9, 1, 1, 1},
      {16.0 / 9, 2, 1, 2},
      {16.0 / 9, 4, 2, 2},
      {16.0 / 9, 5, 2, 3},
      {16.0 / 9, 9, 3, 3},
      {16.0 / 9, 13, 4, 4},
      {9.0 / 16, 1, 1, 1},
      {9.0 / 16, 2, 2, 1},
      {9.0 / 16, 4, 2, 2},
      {9.0 / 16, 13, 5, 3},
  }));
  CAPTURE(aspect, count);
  const auto places = make_grid(count, aspect);
  std::set<double> rows_found;
  std::size_t in_first_row = 0;
  for (const Rect& place : places) {
    rows_found.insert(place.y);
    if (place.y == places[0].y) ++in_first_row;
  }
  CHECK(rows_found.size() == rows);
  CHECK(in_first_row == columns);
}

TEST_CASE(
    "thirteen cameras on a wide canvas are seen whole, without bars, over most of its height") {
  const auto places = make_grid(13, 16.0 / 9);
  CHECK(places[0].width == Approx(places[0].height));
  CHECK(places[0].height > 0.22);
  // The last one alone in its row, in the middle.
  CHECK(places[12].x + places[12].width / 2 == Approx(0.5));
}

TEST_CASE("somebody alone on an upright canvas has an upright tile") {
  const auto places = make_grid(1, 9.0 / 16);
  CHECK(places[0].height > 0.95);
  CHECK(places[0].width > 0.95);
}
