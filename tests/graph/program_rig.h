// The program that ships, in real time on a control loop that the test runs, and people who talk in
// its slots.
#pragma once

#include <gst/audio/audio.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "pipelines/program.h"
#include "tests/run_until.h"

namespace spacecast::test {

inline std::string shipped_description() {
  std::ifstream file(std::string(std::getenv("SPACECAST_SOURCE")) + "/pipelines/program.launch");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Stage {
  static constexpr auto kDeadline = std::chrono::seconds(30);

  std::shared_ptr<Loop> loop = Loop::create();
  std::shared_ptr<hls::Store> store = *hls::Store::create({});
  std::vector<Program::OnAir> on_air;
  std::vector<unsigned> talking;
  std::vector<unsigned> watch;
  std::optional<Error> fault;
  std::unique_ptr<Program> program;

  explicit Stage(std::string_view ladder = "720p", std::optional<Size> size = {}) {
    gst_init(nullptr, nullptr);
    auto created = Program::create(
        {.description = shipped_description(), .size = size, .ladder = *parse_ladder(ladder)}, loop,
        store,
        {.on_air = [this](const Program::OnAir& change) { on_air.push_back(change); },
         .talking = [this](const std::vector<unsigned>& slots) { talking = slots; },
         .watch = [this](const std::vector<unsigned>& slots) { watch = slots; },
         .failed = [this](const Error& error) { fault = error; }});
    INFO((created ? "" : created.error().message));
    REQUIRE(created);
    program = std::move(*created);
  }

  // Runs the control loop until the condition holds.
  bool wait_for(const std::function<bool()>& condition) {
    return run_until(*loop, kDeadline, condition);
  }

  std::size_t published_parts() const {
    std::size_t parts = 0;
    for (const auto& rendition : store->snapshot()->renditions) {
      for (const auto& segment : rendition.segments) parts += segment->parts.size();
    }
    return parts;
  }
};

// Says the same samples over and over, in 20 ms blocks at the pace of the program's clock, until
// destroyed.
class Talker {
 public:
  static constexpr int kRate = 48000;

  // `samples`: a multiple of 20 ms.
  Talker(ProgramSlot& slot, const Program& program, std::vector<float> samples)
      : thread_([&slot, clock = program.clock(), base_time = program.base_time(),
                 samples = std::move(samples)](const std::stop_token& stop) {
          GstAudioInfo info;
          gst_audio_info_set_format(&info, GST_AUDIO_FORMAT_F32LE, kRate, 1, nullptr);
          const auto caps = adopt(gst_audio_info_to_caps(&info));
          for (GstClockTime pts = gst_clock_get_time(clock.get()) - base_time;
               !stop.stop_requested(); pts += kBlock) {
            const GstClockID tick = gst_clock_new_single_shot_id(clock.get(), base_time + pts);
            gst_clock_id_wait(tick, nullptr);
            gst_clock_id_unref(tick);
            slot.push_audio(block(samples, pts, caps.get()));
          }
        }) {}

 private:
  static constexpr GstClockTime kBlock = 20 * GST_MSECOND;

  static Ref<GstSample> block(const std::vector<float>& samples, GstClockTime pts, GstCaps* caps) {
    constexpr std::size_t kFrames = kRate / 50;
    const std::size_t from = pts / kBlock * kFrames % samples.size();
    const auto buffer = adopt(gst_buffer_new_memdup(&samples[from], kFrames * sizeof(float)));
    GST_BUFFER_PTS(buffer.get()) = pts;
    GST_BUFFER_DURATION(buffer.get()) = kBlock;
    return adopt(gst_sample_new(buffer.get(), caps, nullptr, nullptr));
  }

  std::jthread thread_;
};

}  // namespace spacecast::test
