// Goal: names are read and told apart in any script, and a voice is seen to move. Method: tables of
// names, and pixels that differ.
#include "plugins/activespeaker/paint/card.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/unit/painter/rig.h"

using namespace spacecast;
using namespace spacecast::test;
using layout::Tile;

namespace {

// WCAG 2.2's relative luminance.
double luminance(paint::Colour colour) {
  const auto linear = [](double c) {
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
}

double contrast(paint::Colour light, paint::Colour dark) {
  return (luminance(light) + 0.05) / (luminance(dark) + 0.05);
}

constexpr const char* kScripts[] = {"Ada Lovelace", "Łukasz Żółć", "Анна Ахматова", "محمد علي",
                                    "שרה כהן",      "李小龍",      "さくら",        "김연아",
                                    "अमृता प्रीतम",   "สมชาย ใจดี",   "Ελένη",         "🎸 Rock"};

}  // namespace

TEST_CASE("initials") {
  const auto [name, expected] = GENERATE(table<std::string, std::string>({
      {"Ada Lovelace", "AL"},
      {"ada", "A"},
      {"Ada King Lovelace", "AL"},
      {"  élise  durand ", "ÉD"},
      {"李小龍", "李"},
      {"анна ахматова", "АА"},
      {"محمد علي", "م"},
      {"🎸 Rock", "🎸R"},
      {"Ada (host)", "AH"},
      {"3 Amigos", "3A"},
      {"", ""},
      {"   ", ""},
  }));
  CHECK(paint::initials(name) == expected);
}

TEST_CASE("a name from outside becomes printable") {
  CHECK(paint::printable("Ada") == "Ada");
  CHECK(paint::printable("Ad\xff"
                         "a") ==
        "Ad\xef\xbf\xbd"
        "a");
  const std::string cut = paint::printable(std::string(255, 'a') + "é");
  CHECK(g_utf8_validate(cut.c_str(), -1, nullptr));
  CHECK(paint::printable(std::string(100'000, 'x')).size() == paint::kMaxNameBytes);
}

TEST_CASE("text stands out from what it is on") {
  for (int hue = 0; hue < 360; ++hue) {
    const std::string letter(1, static_cast<char>('A' + hue % 26));
    CHECK(contrast(paint::kText, paint::from_hsl(hue, 0.42, 0.30)) >= 4.5);
  }
  for (const char* name : kScripts) {
    CHECK(contrast(paint::kText, paint::avatar_colour(name)) >= 4.5);
    CHECK(contrast(paint::ring_colour(name), paint::kRaised) >= 3);
  }
  CHECK(contrast(paint::kText, paint::kRaised) >= 4.5);
  CHECK(contrast(paint::kText, paint::kBackground) >= 4.5);
  CHECK(contrast(paint::kSignal, paint::kBackground) >= 4.5);
}

TEST_CASE("a person has the hue that the pages give them") {
  CHECK(paint::hue_of("Ada") == (('A' * 31 + 'd') * 31 + 'a') % 360);
  CHECK(paint::hue_of("") == 0);
}

TEST_CASE("a card bears its name in any script") {
  Rig rig(640, 360);
  const Tile card{.slot = 1, .content = Tile::Content::kCard};
  const auto light = [](Rgb pixel) { return pixel.sum() > 600; };
  const int without = rig.paint({card}).count(light);
  for (const char* name : kScripts) {
    CAPTURE(name);
    rig.names[1] = name;
    CHECK(rig.paint({card}).count(light) > without + 100);
  }
}

TEST_CASE("a name is painted on a picture, on a plate that is dark whatever the picture is") {
  Rig rig(640, 360);
  rig.cameras[1] = picture(640, 360, plain({250, 250, 250}));
  Tile speaks{.slot = 1};
  speaks.label = GENERATE(Tile::Label::kLowerThird, Tile::Label::kTag);
  const auto dark = [](Rgb pixel) { return pixel.sum() < 300; };
  std::vector<int> plates;
  for (const char* name : kScripts) {
    CAPTURE(name);
    rig.names[1] = name;
    const Canvas seen = rig.paint({speaks});
    plates.push_back(seen.count(dark));
    CHECK(plates.back() > 300);
    // Only in the lower left.
    CHECK(seen.at(600, 340).sum() > 730);
    CHECK(seen.at(60, 200).sum() > 730);
  }
  rig.names[1] = "A name that is so long that it does not find room on any plate in this picture";
  const Canvas seen = rig.paint({speaks});
  CHECK(seen.at(637, 340).sum() > 730);
  CHECK(seen.count(dark) > plates.front());
}

TEST_CASE("a label comes and goes by its own opacity") {
  Rig rig(640, 360);
  rig.cameras[1] = picture(640, 360, plain({250, 250, 250}));
  rig.names[1] = "Ada";
  Tile speaks{.slot = 1, .label = Tile::Label::kLowerThird};
  int last = 640 * 360 * 765;
  for (const double opacity : {0.1, 0.4, 0.7, 1.0}) {
    speaks.label_opacity = opacity;
    const Canvas seen = rig.paint({speaks});
    int sum = 0;
    for (int y = 300; y < 350; ++y)
      for (int x = 20; x < 120; ++x) sum += seen.at(x, y).sum();
    CHECK(sum < last);
    last = sum;
  }
}

TEST_CASE("the ring grows with the voice") {
  Rig rig(640, 360);
  rig.names[1] = "Ada";
  Tile card{.slot = 1, .content = Tile::Content::kCard};
  const Canvas silent = rig.paint({card});
  int last = 0;
  for (const double level : {0.1, 0.3, 0.6, 1.0}) {
    card.level = level;
    const Canvas seen = rig.paint({card});
    int changed = 0;
    for (int y = 0; y < seen.height; ++y)
      for (int x = 0; x < seen.width; ++x) changed += seen.at(x, y).distance(silent.at(x, y)) > 60;
    CHECK(changed > last);
    last = changed;
  }
  // What is louder than loud changes nothing more.
  const Canvas loud = rig.paint({card});
  card.level = 7;
  CHECK(rig.paint({card}) == loud);
}
