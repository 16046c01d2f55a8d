// Goal: what activespeaker shows: cards for cameras that are off or have stopped, cuts that wait
// for a picture, layouts and pins that change while it plays, shared screens, and whom it asks to
// be watched. Method: as in activespeaker_test.cpp; pictures are told apart by their luma, and by a
// number that is written into them.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "activespeaker_rig.h"

using namespace spacecast;
using namespace spacecast::test;
using Changes = std::vector<std::pair<GstClockTime, int>>;
using Names = std::vector<std::string>;

namespace {

constexpr GstClockTime kMs = GST_MSECOND;
constexpr GstClockTime kS = GST_SECOND;

// The next tick's picture, row by row.
struct Picture {
  GstClockTime pts = 0;
  int width = 0;
  std::vector<std::uint8_t> luma;
  [[nodiscard]] int at(double x, double y) const {
    const auto height = static_cast<int>(luma.size()) / width;
    return luma[static_cast<std::size_t>(static_cast<int>(y * height) * width +
                                         static_cast<int>(x * width))];
  }
};

Picture next_picture(Rig& rig, int width, int height) {
  REQUIRE(gst_test_clock_crank(rig.clock()));
  const auto buffer = adopt(gst_harness_pull(rig.out()));
  REQUIRE(buffer);
  Picture picture{GST_BUFFER_PTS(buffer.get()), width, {}};
  picture.luma.resize(static_cast<std::size_t>(width * height));
  gst_buffer_extract(buffer.get(), 0, picture.luma.data(), picture.luma.size());
  return picture;
}

void skip_to(Rig& rig, GstClockTime time) {
  while (rig.tick().pts + kS / 30 < time) {
  }
}

}  // namespace

TEST_CASE("the first frame of a new speaker is the one of the cut's tick") {
  Rig rig;
  rig.add_speaker(0);
  rig.add_speaker(1);
  // Frames at the output's own rate; each bears its number: speaker 0 even, speaker 1 odd ones.
  const auto time_of = [](guint64 n) { return gst_util_uint64_scale(n, kS, 30); };
  for (guint64 n = 0; n < 120; ++n) {
    rig.show(0, time_of(n), static_cast<int>(2 * n % 240));
    rig.show(1, time_of(n), static_cast<int>((2 * n + 1) % 240));
  }
  rig.talk(0, 0, 1500 * kMs);
  rig.talk(1, 2400 * kMs, 4 * kS);
  guint64 cut = 0;
  for (guint64 n = 0; n < 120; ++n) {
    const Shown shown = rig.tick();
    REQUIRE(shown.pts == time_of(n));
    while (const auto message = rig.message("active-speaker")) {
      gst_structure_get_uint64(gst_message_get_structure(message.get()), "cut", &cut);
    }
    const bool second = cut > 0 && shown.pts >= cut;
    CHECK(shown.luma == static_cast<int>((2 * n + (second ? 1 : 0)) % 240));
  }
  CHECK(cut == 2400 * kMs);
}

TEST_CASE(
    "a camera that is switched off is a card at once, and again a camera from its next frame") {
  Rig rig;
  rig.add_speaker(0);
  rig.film(0, 0, 2 * kS, 100);
  rig.talk(0, 0, 2 * kS);
  CHECK(rig.run_until(500 * kMs) == Changes{{0, 100}});
  rig.set_pad("video_0", "active", "false");
  CHECK(rig.tick().luma == kGround);
  // What comes while it is off is not kept.
  rig.show(0, 600 * kMs, 101);
  CHECK(rig.run_until(1 * kS).size() == 1);
  rig.set_pad("video_0", "active", "true");
  CHECK(rig.tick().luma == kGround);
  rig.show(0, 1200 * kMs, 102);
  CHECK(rig.run_until(1500 * kMs) == Changes{{tick_at(1033 * kMs), kGround}, {1200 * kMs, 102}});
}

TEST_CASE("a camera without a frame for 600 ms is a card until there is one") {
  Rig rig;
  rig.add_speaker(0);
  rig.talk(0, 0, 3 * kS);
  rig.show(0, 0, 100);
  rig.show(0, 2 * kS, 101);
  CHECK(rig.run_until(2500 * kMs) ==
        Changes{{0, 100}, {tick_at(601 * kMs), kGround}, {2 * kS, 101}});
}

TEST_CASE("a cut waits for the newcomer's picture, at most 600 ms") {
  Rig rig;
  rig.add_speaker(0);
  rig.add_speaker(1);
  rig.film(0, 0, 8 * kS, 100);
  rig.talk(0, 0, 1 * kS);
  rig.talk(1, 2 * kS, 4 * kS);
  const Changes before{{0, 100}};
  GstClockTime seen = 2 * kS;
  int as = kGround;
  SECTION("it comes in time") {
    rig.film(1, 2300 * kMs, 4 * kS, 200);
    seen = tick_at(2300 * kMs);
    as = 200;
  }
  SECTION("it comes too late: the card is shown first") {
    seen = tick_at(2600 * kMs);
  }
  SECTION("the camera is off: there is nothing to wait for") {
    rig.set_pad("video_1", "active", "false");
  }
  SECTION("there is no camera") {
    rig.remove("video_1");
  }
  CHECK(rig.run_until(4 * kS) == Changes{{0, 100}, {seen, as}});
  // What was told is the cut as decided.
  (void)rig.message("active-speaker");
  const auto message = rig.message("active-speaker");
  REQUIRE(message);
  guint64 cut = 0;
  gst_structure_get_uint64(gst_message_get_structure(message.get()), "cut", &cut);
  CHECK(cut == 2 * kS);
}

TEST_CASE("a cut that waits gives way to the next, and nobody waits for who has left") {
  Rig rig;
  for (const unsigned number : {0u, 1u, 2u}) rig.add_speaker(number);
  rig.film(0, 0, 4 * kS, 100);
  rig.film(2, 0, 4 * kS, 150);
  rig.talk(0, 0, 1 * kS);
  rig.talk(1, 2 * kS, 4 * kS);
  CHECK(rig.run_until(2200 * kMs) == Changes{{0, 100}});
  SECTION("the newcomer leaves: the one before is still there") {
    rig.set_pad("audio_1", "active", "false");
    CHECK(rig.tick().luma == 100);
    CHECK(rig.run_until(4 * kS).size() == 1);
  }
  SECTION("the one before leaves: the newcomer's card at once") {
    rig.set_pad("audio_0", "active", "false");
    CHECK(rig.tick().luma == kGround);
  }
}

TEST_CASE("a pin stands above whoever talks, and is changed while playing") {
  Rig rig;
  for (const unsigned number : {0u, 1u}) rig.add_speaker(number);
  rig.set_pad("audio_1", "speaker", "ada");
  rig.film(0, 0, 4 * kS, 100);
  rig.film(1, 0, 4 * kS, 200);
  rig.talk(0, 0, 4 * kS);
  CHECK(rig.tick().luma == 100);
  rig.set("pinned", "ada");
  CHECK(rig.tick().luma == 200);
  CHECK(rig.on_air() == "0");
  CHECK(rig.run_until(1 * kS).size() == 1);
  rig.set("pinned", "nobody of that name");
  CHECK(rig.tick().luma == 100);
  rig.set("pinned", "ada");
  CHECK(rig.tick().luma == 200);
  rig.set_pad("audio_1", "active", "false");
  CHECK(rig.tick().luma == 100);
  rig.set_pad("audio_1", "active", "true");
  rig.film(1, 1200 * kMs, 4 * kS, 201);
  // Whoever comes under the pinned name is shown as soon as there is a picture.
  CHECK(rig.run_until(2 * kS).back() == std::pair{tick_at(1200 * kMs), 201});
  rig.set("pinned", "");
  CHECK(rig.tick().luma == 100);
}

TEST_CASE("from speaker to gallery and back while playing, eased over 250 ms") {
  constexpr int kWidth = 320;
  constexpr int kHeight = 180;
  Rig rig(400 * kMs, 0, "video/x-raw,format=I420,width=320,height=180");
  for (const unsigned number : {0u, 1u}) rig.add_speaker(number);
  rig.film(0, 0, 4 * kS, 100);
  rig.film(1, 0, 4 * kS, 200);
  rig.talk(0, 0, 4 * kS);
  Picture picture = next_picture(rig, kWidth, kHeight);
  CHECK(picture.at(0.25, 0.5) == 100);
  CHECK(picture.at(0.75, 0.5) == 100);
  rig.set("layout", "gallery");
  skip_to(rig, 150 * kMs);
  picture = next_picture(rig, kWidth, kHeight);
  CHECK(picture.at(0.25, 0.5) == 100);
  skip_to(rig, 400 * kMs);
  const Picture still = next_picture(rig, kWidth, kHeight);
  CHECK(still.at(0.25, 0.5) == 100);
  CHECK(still.at(0.75, 0.5) == 200);
  // The ground is between and around them.
  CHECK(still.at(0.5, 0.02) == kGround);
  CHECK(still.at(0.5, 0.5) == kGround);
  rig.set("layout", "speaker");
  skip_to(rig, 800 * kMs);
  picture = next_picture(rig, kWidth, kHeight);
  CHECK(picture.at(0.75, 0.5) == 100);
}

TEST_CASE("a shared screen is large, its speaker beside it, for as long as it is shared") {
  constexpr int kWidth = 320;
  constexpr int kHeight = 180;
  Rig rig(400 * kMs, 0, "video/x-raw,format=I420,width=320,height=180");
  rig.add_speaker(0);
  rig.add_speaker(1);
  rig.film(0, 0, 6 * kS, 100);
  rig.film(1, 0, 6 * kS, 200);
  rig.talk(0, 0, 4 * kS);
  rig.add("screen_1", Rig::kSmall);
  // One frame is enough: a screen may stand still.
  rig.show(1, 100 * kMs, 60, 16, "screen_");
  skip_to(rig, 2 * kS);
  Picture picture = next_picture(rig, kWidth, kHeight);
  CHECK(picture.at(0.4, 0.5) == 60);
  CHECK(picture.at(0.89, 0.5) == 200);
  rig.set_pad("screen_1", "active", "false");
  skip_to(rig, 2500 * kMs);
  picture = next_picture(rig, kWidth, kHeight);
  CHECK(picture.at(0.4, 0.5) == 100);
  CHECK(picture.at(0.75, 0.5) == 100);
  rig.remove("screen_1");
  CHECK(next_picture(rig, kWidth, kHeight).at(0.4, 0.5) == 100);
}

TEST_CASE("a card moves with the voice of its own moment, not of the sound ahead of it") {
  constexpr int kWidth = 320;
  constexpr int kHeight = 180;
  Rig rig(400 * kMs, 0, "video/x-raw,format=I420,width=320,height=180");
  rig.add("audio_0", Rig::kAudioCaps);
  rig.talk(0, 0, 1 * kS);
  rig.talk(0, 4 * kS, 5 * kS);
  skip_to(rig, 3 * kS);
  const Picture silent = next_picture(rig, kWidth, kHeight);
  Picture picture = silent;
  while (picture.pts + kS / 30 <= 4 * kS) {
    CHECK(picture.luma == silent.luma);
    picture = next_picture(rig, kWidth, kHeight);
  }
  skip_to(rig, 4100 * kMs);
  CHECK(next_picture(rig, kWidth, kHeight).luma != silent.luma);
}

TEST_CASE("a label is shown where there is one, bounded and valid whatever was given") {
  constexpr int kWidth = 320;
  constexpr int kHeight = 180;
  Rig rig(400 * kMs, 0, "video/x-raw,format=I420,width=320,height=180");
  rig.add_speaker(0);
  rig.film(0, 0, 4 * kS, 100);
  rig.talk(0, 0, 4 * kS);
  const std::string given =
      GENERATE(as<std::string>(), "Ada", "\xff\xfe broken", "two\nlines", std::string(5'000, 'x'));
  skip_to(rig, 400 * kMs);
  const Picture plain = next_picture(rig, kWidth, kHeight);
  g_object_set(rig.pad("audio_0").get(), "label", given.c_str(), nullptr);
  skip_to(rig, 800 * kMs);
  CHECK(next_picture(rig, kWidth, kHeight).luma != plain.luma);
  char* label = nullptr;
  g_object_get(rig.pad("audio_0").get(), "label", &label, nullptr);
  const OwnedString owned(label);
  CHECK(g_utf8_validate(label, -1, nullptr));
  CHECK(g_utf8_strlen(label, -1) <= 64);
  CHECK(std::string(label).find('\n') == std::string::npos);
  g_object_set(rig.pad("audio_0").get(), "label", nullptr, nullptr);
  CHECK(next_picture(rig, kWidth, kHeight).luma == plain.luma);
}

TEST_CASE("who is to be watched is told by name when it changes, the most urgent first") {
  Rig rig;
  for (const unsigned number : {0u, 1u, 2u, 3u}) rig.add_speaker(number);
  rig.set_pad("audio_1", "speaker", "ada");
  for (const unsigned number : {0u, 1u, 2u, 3u}) rig.film(number, 0, 8 * kS, 100);
  rig.talk(0, 500 * kMs, 2 * kS);
  rig.talk(1, 3 * kS, 4 * kS);

  SECTION("in the speaker layout, at most three") {
    (void)rig.run_until(3 * kS);
    rig.talk(2, 5 * kS, 6 * kS);
    (void)rig.run_until(7 * kS);
    CHECK(rig.names("watch") == Names{"0"});
    CHECK(rig.names("watch") == Names{"0", "ada"});
    CHECK(rig.names("watch") == Names{"ada", "0"});
    CHECK(rig.names("watch") == Names{"ada", "2", "0"});
    CHECK(rig.names("watch") == Names{"2", "ada"});
    CHECK(rig.names("watch") == Names{"no message"});
    rig.set("pinned", "3");
    (void)rig.tick();
    CHECK(rig.names("watch") == Names{"3", "2", "ada"});
    rig.set_pad("audio_2", "active", "false");
    (void)rig.tick();
    CHECK(rig.names("watch").front() == "3");
  }
  SECTION("in the gallery, all whose camera is on, and who is pinned") {
    rig.set_pad("video_2", "active", "false");
    rig.set("layout", "gallery");
    (void)rig.tick();
    CHECK(rig.names("watch") == Names{"0", "ada", "3"});
    rig.set("pinned", "2");
    (void)rig.tick();
    CHECK(rig.names("watch") == Names{"2", "0", "ada", "3"});
    rig.set("layout", "speaker");
    (void)rig.tick();
    CHECK(rig.names("watch") ==
          Names{"no message"});  // Three cameras are no more than may be decoded.
    rig.set_pad("video_2", "active", "true");
    (void)rig.tick();
    CHECK(rig.names("watch") == Names{"2"});
  }
}
