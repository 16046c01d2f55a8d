// Goal: the program that ships starts with nobody on stage, never stops, takes and frees slots,
// reports who is on air, and ends in order. Method: the real program.launch in real time; what
// comes out is read from the store. Speakers are samples pushed into slots. Conditions are waited
// for with a deadline on the control loop.
#include "pipelines/program.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "program_rig.h"
#include "tests/voice.h"

using namespace spacecast;
using test::shipped_description;
using test::Stage;
using test::Talker;

TEST_CASE("with nobody on stage the program is on, and it ends in order") {
  Stage stage;
  CHECK(stage.wait_for([&] { return stage.store->snapshot()->playable(); }));
  const auto snapshot = stage.store->snapshot();
  REQUIRE(snapshot->renditions.size() == 2);
  CHECK(snapshot->renditions[0].info->width == 1280);
  CHECK(snapshot->renditions[0].info->height == 720);
  CHECK(stage.on_air.empty());

  bool ended = false;
  stage.program->end([&] { ended = true; });
  CHECK(stage.wait_for([&] { return ended; }));
  CHECK(stage.store->snapshot()->ended);
  CHECK_FALSE(stage.fault);
}

TEST_CASE("who talks comes on air; who leaves frees the slot and stops nothing") {
  Stage stage;
  auto slot = stage.program->acquire("Ada");
  REQUIRE(slot);
  {
    const Talker talker(**slot, *stage.program,
                        speaker::test::speak(std::chrono::seconds(10), Talker::kRate));
    REQUIRE(stage.wait_for([&] { return !stage.on_air.empty(); }));
    CHECK(stage.wait_for([&] { return stage.talking == std::vector{(*slot)->index()}; }));
  }
  CHECK(stage.wait_for([&] { return stage.talking.empty(); }));
  CHECK(stage.on_air[0].slot == static_cast<int>((*slot)->index()));
  CHECK(stage.watch == std::vector{(*slot)->index()});
  CHECK(stage.on_air[0].onset <= stage.on_air[0].decided);
  CHECK_FALSE(stage.on_air[0].reason.empty());

  slot->reset();
  CHECK(stage.wait_for([&] { return stage.on_air.back().slot == -1; }));
  const std::size_t parts = stage.published_parts();
  CHECK(stage.wait_for([&] { return stage.published_parts() >= parts + 6; }));
  CHECK_FALSE(stage.fault);
}

TEST_CASE("the stage has as many places as slots") {
  Stage stage;
  std::vector<std::unique_ptr<ProgramSlot>> slots;
  for (int i = 0; i < 13; ++i) slots.push_back(std::move(*stage.program->acquire("Guest")));
  const auto refused = stage.program->acquire("One too many");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kLimit);
  slots.erase(slots.begin() + 4);
  const auto again = stage.program->acquire("In time");
  REQUIRE(again);
  CHECK((*again)->index() == 4);
}

TEST_CASE("every rung of a ladder is encoded from the same frames, aligned on segments and parts") {
  Stage stage("720p,360p");
  const auto complete = [](const hls::RenditionState& state) {
    return std::ranges::count_if(state.segments, [](const auto& s) { return s->complete; });
  };
  REQUIRE(stage.wait_for([&] {
    const auto snapshot = stage.store->snapshot();
    return snapshot->renditions.size() == 3 &&
           std::ranges::all_of(snapshot->renditions,
                               [&](const auto& r) { return complete(r) >= 4; });
  }));
  const auto snapshot = stage.store->snapshot();
  const auto& full = snapshot->renditions[0];
  const auto& small = snapshot->renditions[1];
  CHECK(full.info->height == 720);
  CHECK(small.info->width == 640);
  CHECK(small.info->height == 360);
  CHECK(small.info->frame_rate == full.info->frame_rate);
  CHECK(small.info->bandwidth < full.info->bandwidth);
  for (std::size_t i = 0; i < 4; ++i) {
    const hls::Segment& one = *full.segments[i];
    const hls::Segment& other = *small.segments[i];
    CHECK(one.msn == other.msn);
    CHECK(one.start == other.start);
    REQUIRE(one.parts.size() == other.parts.size());
    CHECK(one.parts.front().independent);
    for (std::size_t part = 0; part < one.parts.size(); ++part) {
      CHECK(one.parts[part].duration == other.parts[part].duration);
      CHECK(one.parts[part].independent == other.parts[part].independent);
      CHECK_FALSE(other.parts[part].gap);
    }
  }
  CHECK_FALSE(stage.fault);
}

TEST_CASE("an upright program is upright on every rung") {
  Stage stage("720p,240p", Size{720, 1280});
  REQUIRE(stage.wait_for([&] { return stage.store->snapshot()->renditions.size() == 3; }));
  const auto snapshot = stage.store->snapshot();
  CHECK(snapshot->renditions[0].info->width == 720);
  CHECK(snapshot->renditions[0].info->height == 1280);
  CHECK(snapshot->renditions[1].info->width == 240);
  CHECK(snapshot->renditions[1].info->height == 426);
  CHECK_FALSE(stage.fault);
}

TEST_CASE("in the gallery everybody whose camera is on is to be watched, and a pin goes first") {
  Stage stage;
  std::vector<std::unique_ptr<ProgramSlot>> slots;
  for (int i = 0; i < 5; ++i) slots.push_back(std::move(*stage.program->acquire("Guest")));
  slots[3]->set_camera(false);
  stage.program->set_layout(layout::Mode::kGallery);
  CHECK(stage.wait_for([&] { return stage.watch == std::vector<unsigned>{0, 1, 2, 4}; }));
  stage.program->pin(2);
  CHECK(stage.wait_for([&] { return stage.watch == std::vector<unsigned>{2, 0, 1, 4}; }));
  stage.program->set_layout(layout::Mode::kSpeaker);
  CHECK(stage.wait_for([&] { return stage.watch == std::vector<unsigned>{2}; }));
  // Whoever comes into the slot of one who was pinned is somebody else. Three cameras are no more
  // than may be decoded.
  slots[2].reset();
  CHECK(stage.wait_for([&] { return stage.watch == std::vector<unsigned>{0, 1, 4}; }));
  slots[2] = std::move(*stage.program->acquire("Another"));
  REQUIRE(slots[2]->index() == 2);
  slots[2]->set_name("Renamed");
  stage.program->set_layout(layout::Mode::kGallery);
  CHECK(stage.wait_for([&] { return stage.watch == std::vector<unsigned>{0, 1, 2, 4}; }));
}

TEST_CASE("a program that cannot carry a ladder says what it lacks") {
  const auto [instead_of, put, reason] = GENERATE(table<const char*, const char*, const char*>({
      {"tee name=picture", "identity", "tee named 'picture'"},
      {"name=video_encoder", "", "encoder named 'video_encoder'"},
      {"width=1280,height=720,framerate=30/1,pixel", "width=640,height=360,framerate=30/1,pixel",
       "640x360"},
  }));
  CAPTURE(put);
  gst_init(nullptr, nullptr);
  std::string description = shipped_description();
  const std::size_t at = description.find(instead_of);
  REQUIRE(at != std::string::npos);
  description.replace(at, std::strlen(instead_of), put);
  const auto refused =
      Program::create({.description = description, .ladder = *parse_ladder("720p,360p")},
                      Loop::create(), *hls::Store::create({}), {});
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Catch::Contains(reason));
}

TEST_CASE("a program that lacks a named element is refused by name") {
  gst_init(nullptr, nullptr);
  const auto loop = Loop::create();
  const auto refused = Program::create({.description = "fakesrc ! fakesink name=hls"}, loop,
                                       *hls::Store::create({}), {});
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Catch::Contains("stage") && Catch::Contains("activespeaker"));
}
