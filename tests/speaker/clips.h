// Recordings that conversations are put together from, as prepare_clips.py left them: voices cut
// into phrases, keys, bangs and music. Onsets are taken from the signal, before anything is mixed
// in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace spacecast::score {

constexpr unsigned kRate = 16'000;   // Hz, of everything here.
constexpr std::size_t kFrame = 160;  // 10 ms.
constexpr float kNothing = -127.0F;  // dBov.

using Sound = std::vector<float>;  // Mono, full scale 1.0.

[[nodiscard]] float power_to_db(double power);
[[nodiscard]] float db_to_gain(double db);
// Mean power, dBov.
[[nodiscard]] float level_of(const float* samples, std::size_t count);

// A stretch of speech without a pause, with a little of the recording before and after.
struct Phrase {
  Sound samples;
  std::size_t onset = 0;  // Where a listener would say that it begins and ends: first and last
  std::size_t end = 0;    // time within 24 dB of the phrase's own level.
};

struct Voice {
  std::string name;
  float level = kNothing;  // While speaking, dBov.
  std::vector<Phrase> phrases;
};

// The tuning and the judging recordings have no voice, key, bang or tune in common.
enum class Part { kTune, kJudge };

struct Clips {
  std::vector<Voice> voices;
  std::vector<Sound> keys;
  std::vector<Sound> bangs;
  std::vector<Sound> music;  // Whole tunes.

  [[nodiscard]] static Result<Clips> load(const std::string& directory, Part part);
};

}  // namespace spacecast::score
