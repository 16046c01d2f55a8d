// Goal: a cut is a cut on its tick; all else moves for exactly 250 ms and then rests where it
// belongs. Method: scenes asked for tick by tick at 30 and other rates; properties over random
// stages from fixed seeds.
#include "layout/director.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "geometry.h"

using namespace spacecast;
using namespace spacecast::layout;
using namespace spacecast::layout::test;
using namespace std::chrono_literals;

namespace {

constexpr double kWide = 16.0 / 9;
constexpr double kUpright = 9.0 / 16;
constexpr MediaTime kTick = 10ms;

Person with_camera(unsigned slot) {
  return {.slot = slot, .camera = true};
}
Person sharing(unsigned slot) {
  return {.slot = slot, .camera = true, .screen = true};
}

const Tile* tile_of(const Scene& scene, unsigned slot, bool screen = false) {
  const auto tile = std::ranges::find_if(scene, [&](const Tile& t) {
    return t.slot == slot && (t.content == Tile::Content::kScreen) == screen;
  });
  return tile != scene.end() ? &*tile : nullptr;
}

bool at_rest(const Scene& scene) {
  return std::ranges::all_of(
      scene, [](const Tile& tile) { return tile.opacity == 1 && tile.label_opacity == 1; });
}

// A director and a clock that ticks.
struct Show {
  Director director{kWide};
  Wish wish;
  std::vector<Person> people;
  MediaTime now{};

  Scene next() {
    const Scene scene = director.direct(now, wish, people);
    now += kTick;
    return scene;
  }
  // Somewhere after every easing has ended.
  Scene settle() {
    for (MediaTime until = now + Director::kEasing; now < until;) (void)next();
    return next();
  }
};

}  // namespace

TEST_CASE("modes have names") {
  for (const Mode mode : {Mode::kSpeaker, Mode::kGallery}) {
    CHECK(parse_mode(to_string(mode)) == mode);
  }
  CHECK_FALSE(parse_mode("grid"));
  CHECK_FALSE(parse_mode(""));
}

TEST_CASE("with nobody to show the scene is empty") {
  Show show;
  CHECK(show.next().empty());
  show.wish.mode = Mode::kGallery;
  CHECK(show.next().empty());
  show.wish = {.on_air = 3, .pinned = 4};
  show.people = {with_camera(0)};
  CHECK(show.next().empty());
}

TEST_CASE("who is on air fills the canvas, and a cut lies on its tick") {
  Show show;
  show.people = {with_camera(0), {.slot = 1, .level = 0.5}};
  show.wish.on_air = 0;
  Scene scene = show.next();
  REQUIRE(scene.size() == 1);
  CHECK(scene[0] == Tile{.slot = 0, .label = Tile::Label::kLowerThird, .label_opacity = 0});
  CHECK(at_rest(show.settle()));

  show.wish.on_air = 1;
  scene = show.next();
  REQUIRE(scene.size() == 1);
  CHECK(scene[0] == Tile{.slot = 1,
                         .content = Tile::Content::kCard,
                         .label = Tile::Label::kLowerThird,
                         .label_opacity = 0,
                         .level = 0.5});
  show.wish.on_air.reset();
  CHECK(show.next().empty());
}

TEST_CASE("a label comes within exactly 250 ms, slowly, fast, slowly") {
  Director director(kWide);
  const std::vector people{with_camera(0)};
  const auto label = [&](MediaTime tick) {
    return director.direct(tick, {.on_air = 0}, people).at(0).label_opacity;
  };
  CHECK(label(1s) == 0);
  CHECK(label(1s + 25ms) < 0.05);
  CHECK(label(1s + 125ms) == Approx(0.5));
  CHECK(label(1s + 250ms - 1ns) < 1);
  CHECK(label(1s + 250ms) == 1);
  CHECK(label(10s) == 1);
}

TEST_CASE("a camera that goes off is a card at once, in its place") {
  Show show;
  show.people = {with_camera(0)};
  show.wish.on_air = 0;
  (void)show.settle();
  show.people[0].camera = false;
  const Scene scene = show.next();
  REQUIRE(scene.size() == 1);
  CHECK(scene[0] ==
        Tile{.slot = 0, .content = Tile::Content::kCard, .label = Tile::Label::kLowerThird});
}

TEST_CASE("a pin stands above who is on air, while that person is there") {
  Show show;
  show.people = {with_camera(0), with_camera(1), with_camera(2)};
  show.wish = {.on_air = 0, .pinned = 2};
  CHECK(show.next().at(0).slot == 2);
  show.wish.on_air = 1;
  CHECK(show.next().at(0).slot == 2);
  show.people.pop_back();
  CHECK(show.next().at(0).slot == 1);
  show.wish.on_air.reset();
  show.wish.pinned = 0;
  CHECK(show.next().at(0).slot == 0);
  // Not even a screen that somebody else shares.
  show.people[1].screen = true;
  CHECK(show.settle().at(0).content == Tile::Content::kCamera);
}

TEST_CASE("the gallery shows everybody and lights who talks") {
  Show show;
  show.wish.mode = Mode::kGallery;
  show.people = {with_camera(0), {.slot = 3}, {.slot = 7, .camera = true, .talking = true}};
  const Scene scene = show.settle();
  REQUIRE(scene.size() == 3);
  CHECK(at_rest(scene));
  CHECK(scene[1].content == Tile::Content::kCard);
  for (const Tile& tile : scene) {
    CHECK(tile.label == Tile::Label::kTag);
    CHECK(tile.lit == (tile.slot == 7));
  }
}

TEST_CASE("from one layout to the other everything moves, and stops on time") {
  Show show;
  show.director = Director(GENERATE(kWide, kUpright));
  show.people = {with_camera(0), with_camera(1), with_camera(2), with_camera(3)};
  show.wish.on_air = 1;
  (void)show.settle();

  show.wish.mode = Mode::kGallery;
  Scene scene = show.next();
  // Nothing has moved yet, and who was full lies on top.
  REQUIRE(scene.size() == 4);
  CHECK(scene.back().slot == 1);
  CHECK(scene.back().place == Rect{});
  CHECK(scene.front().opacity == 0);
  show.now += Director::kEasing - 2 * kTick;
  scene = show.next();
  CHECK(tile_of(scene, 0)->opacity < 1);
  scene = show.next();
  CHECK(at_rest(scene));
  CHECK(scene == show.next());

  show.wish.mode = Mode::kSpeaker;
  scene = show.next();
  REQUIRE(scene.size() == 4);
  CHECK(scene.back().slot == 1);
  CHECK(scene.back().place != Rect{});
  show.now += Director::kEasing - kTick;
  scene = show.next();
  REQUIRE(scene.size() == 1);
  CHECK(scene[0] == Tile{.slot = 1, .label = Tile::Label::kLowerThird});
}

TEST_CASE("a cut ends whatever was moving") {
  Show show;
  show.people = {with_camera(0), with_camera(1)};
  show.wish = {.mode = Mode::kGallery, .on_air = 0};
  (void)show.settle();
  show.wish.mode = Mode::kSpeaker;
  CHECK(show.next().size() == 2);
  show.wish.on_air = 1;
  const Scene scene = show.next();
  REQUIRE(scene.size() == 1);
  CHECK(scene[0].slot == 1);
  CHECK(scene[0].place == Rect{});
  CHECK(scene[0].opacity == 1);
}

TEST_CASE("who comes to the gallery fades in, who goes fades out, and the others make room") {
  Show show;
  show.wish.mode = Mode::kGallery;
  show.people = {with_camera(0), with_camera(1)};
  const Scene two = show.settle();
  show.people.push_back(with_camera(2));
  Scene scene = show.next();
  CHECK(tile_of(scene, 0)->place == tile_of(two, 0)->place);
  CHECK(tile_of(scene, 2)->opacity == 0);
  const Scene three = show.settle();
  CHECK(tile_of(three, 0)->place != tile_of(two, 0)->place);

  show.people.pop_back();
  scene = show.next();
  REQUIRE(tile_of(scene, 2));
  CHECK(scene.front().slot == 2);  // Under the others.
  CHECK(tile_of(scene, 2)->opacity == 1);
  scene = show.next();
  CHECK(tile_of(scene, 2)->opacity < 1);
  CHECK(tile_of(scene, 2)->place == tile_of(three, 2)->place);
  CHECK(show.settle() == two);
}

TEST_CASE("who comes back while fading is full again, without a jump") {
  Show show;
  show.wish.mode = Mode::kGallery;
  show.people = {with_camera(0), with_camera(1)};
  (void)show.settle();
  show.people.pop_back();
  for (int i = 0; i < 12; ++i) (void)show.next();
  const double left = tile_of(show.next(), 1)->opacity;
  show.people.push_back(with_camera(1));
  const double back = tile_of(show.next(), 1)->opacity;
  CHECK(back <= left);
  CHECK(back > 0.2);
  CHECK(at_rest(show.settle()));
}

TEST_CASE("a shared screen is what is shown, its speaker small beside it, in either layout") {
  Show show;
  show.director = Director(GENERATE(kWide, kUpright));
  show.wish = {.mode = GENERATE(Mode::kSpeaker, Mode::kGallery), .on_air = 0};
  show.people = {with_camera(0), sharing(4), sharing(5)};
  const auto check_shown = [&](unsigned slot) {
    const Scene scene = show.settle();
    REQUIRE(scene.size() == 2);
    const Tile* screen = tile_of(scene, slot, true);
    const Tile* speaker = tile_of(scene, slot);
    REQUIRE((screen && speaker));
    CHECK(at_rest(scene));
    CHECK(inside(screen->place));
    CHECK(inside(speaker->place));
    CHECK_FALSE(overlap(screen->place, speaker->place));
    CHECK(screen->place.width * screen->place.height >
          3 * speaker->place.width * speaker->place.height);
    CHECK(screen->label == Tile::Label::kNone);
    CHECK(speaker->label == Tile::Label::kTag);
  };
  check_shown(4);  // The lowest.
  show.wish.on_air = 5;
  check_shown(5);
  show.wish.pinned = 4;
  check_shown(4);

  show.wish.pinned.reset();
  show.people = {with_camera(0), with_camera(4), with_camera(5)};
  // The screen is on its way out while the picture comes.
  Scene scene = show.next();
  CHECK(tile_of(scene, 4, true));
  scene = show.settle();
  CHECK_FALSE(tile_of(scene, 4, true));
}

TEST_CASE(
    "whatever happens, scenes are alike for alike calls, at rest after 250 ms, and in bounds") {
  const auto seed = static_cast<unsigned>(GENERATE(range(1, 60)));
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto pick = [&random](unsigned n) { return static_cast<unsigned>(random() % n); };
  const double aspect = seed % 2 ? kWide : kUpright;
  Director director(aspect);
  Director twin(aspect);
  MediaTime now{};
  for (int step = 0; step < 60; ++step) {
    std::vector<Person> people;
    for (unsigned slot = 0; slot < 13; ++slot) {
      if (pick(3) == 0) continue;
      people.push_back({.slot = slot,
                        .camera = pick(3) > 0,
                        .screen = pick(20) == 0,
                        .talking = pick(4) == 0,
                        .level = pick(100) / 100.0});
    }
    Wish wish{.mode = pick(2) ? Mode::kGallery : Mode::kSpeaker};
    if (pick(4)) wish.on_air = pick(14);
    if (pick(4) == 0) wish.pinned = pick(14);
    // Some changes come in the middle of others.
    const MediaTime until = now + std::chrono::milliseconds(pick(500));
    const MediaTime changed = now;
    for (; now <= until; now += 33'333'333ns) {
      const Scene scene = director.direct(now, wish, people);
      REQUIRE(scene == twin.direct(now, wish, people));
      for (const Tile& tile : scene) {
        REQUIRE(tile.opacity >= 0);
        REQUIRE(tile.opacity <= 1);
        REQUIRE(tile.label_opacity >= 0);
        REQUIRE(tile.label_opacity <= 1);
        REQUIRE(inside(tile.place));
        REQUIRE(tile.lit <= (wish.mode == Mode::kGallery || scene.size() > 1));
      }
      if (now < changed + Director::kEasing) continue;
      REQUIRE(at_rest(scene));
      for (std::size_t i = 0; i < scene.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          REQUIRE_FALSE(overlap(scene[i].place, scene[j].place));
        }
      }
    }
  }
}
