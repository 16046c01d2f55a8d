// What one speaker's sound is like at the end of a hop, as numbers of about one: how far it stands
// above the noise, whether it is voiced and how its pitch moves, the shape of its spectrum, and the
// rhythm of the last two seconds. Speech has all of these at once; each noise lacks some: keys and
// bangs have no voice, hum and tones no movement, fans and music no pauses.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "speaker/hop_queue.h"
#include "speaker/noise_floor.h"
#include "speaker/pitch.h"
#include "speaker/spectrum.h"
#include "speaker/voice_band.h"

namespace spacecast::speaker {

struct Features {
  static constexpr std::size_t kCount = 34;

  std::array<float, kCount> values{};
  std::optional<float> level;  // dBov, whole band; nothing where less than half of the hop came.
  float above_floor = 0;       // dB.
  float room = -75;            // dBov: the floor as it is, however low.
  float voicing = 0;           // 0 to 1.
  std::array<float, Spectrum::kBands> bands{};  // Power.
};

class FeatureExtractor {
 public:
  const Features& update(const Hop& hop);

 private:
  // The newest value last.
  template <typename T, std::size_t N>
  class History {
   public:
    void push(const T& value) {
      at_ = (at_ + 1) % N;
      values_[at_] = value;
    }
    // Of `back` hops ago.
    [[nodiscard]] const T& operator[](std::size_t back) const {
      return values_[(at_ + N - back) % N];
    }

   private:
    std::array<T, N> values_{};
    std::size_t at_ = 0;
  };

  struct Moment {
    float level = -62;  // dBov; at least the floor.
    float above = 0;    // dB.
    float voicing = 0;
    float semitones = 0;
    float modulation = 0;
    std::array<float, Spectrum::kBands> shape{};
  };
  static constexpr std::size_t kSecond = 50;

  void listen(const Hop& hop);
  void describe();
  void describe_pitch(float* out) const;
  void describe_rhythm(float* out) const;

  VoiceBand band_;
  std::array<float, Pitch::kSamples> samples_{};  // 8 kHz, newest last.
  NoiseFloor floor_;
  History<Moment, 2 * kSecond> past_;
  float fast_ = 0;  // Level above the floor, smoothed: their difference is the rhythm of syllables.
  float slow_ = 0;
  int active_hops_ = 0;  // Since the sound stood out, short pauses included.
  int quiet_hops_ = 0;
  Features features_;
};

}  // namespace spacecast::speaker
