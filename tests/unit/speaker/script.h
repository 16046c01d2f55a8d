// Sound from a script, for tests of the detector: who talks when, and what else microphones pick
// up, over a quiet room. The samples depend on nothing but the script, so two runs see the same to
// the byte.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "speaker/detector.h"
#include "tests/voice.h"

namespace spacecast::speaker::test {

enum class Sound { kVoice, kNoise, kTone };

struct Burst {
  MediaTime start{}, length{};
  float level = -20;  // dBov.
  Sound sound = Sound::kVoice;
};

// White noise of uniform density: its level is exact enough (within 0.2 dB a hop) for thresholds of
// dBs.
class Noise {
 public:
  explicit Noise(std::uint32_t seed) : state_(seed * 2654435761U + 1) {}
  float next(float level) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    const float uniform = static_cast<float>(state_) / 2147483648.0F - 1.0F;
    return uniform * std::sqrt(3.0F) * std::pow(10.0F, level / 20.0F);
  }

 private:
  std::uint32_t state_;
};

inline std::vector<float> render(const std::vector<Burst>& bursts, MediaTime length,
                                 unsigned rate = 16'000, std::uint32_t seed = 1, float room = -70) {
  Noise noise(seed);
  const auto samples_of = [rate](MediaTime time) {
    return static_cast<std::size_t>(time.count() / 1'000 * rate / 1'000'000);
  };
  std::vector<float> samples(samples_of(length));
  for (float& sample : samples) sample = noise.next(room);
  for (const Burst& burst : bursts) {
    const std::size_t from = samples_of(burst.start);
    const auto voice = burst.sound == Sound::kVoice
                           ? speak(burst.length, rate, burst.level, 100 + 30.0 * seed)
                           : std::vector<float>(samples_of(burst.length));
    for (std::size_t i = 0; i < voice.size() && from + i < samples.size(); ++i) {
      const double turns = 440.0 * static_cast<double>(i) / rate;
      float sample = voice[i];
      if (burst.sound == Sound::kNoise) sample = noise.next(burst.level);
      if (burst.sound == Sound::kTone) {
        sample =
            std::pow(10.0F, burst.level / 20) * static_cast<float>(std::sin(6.2831853 * turns));
      }
      samples[from + i] += sample;
    }
  }
  return samples;
}

struct Track {
  SpeakerId id = 0;
  std::vector<float> samples;
  unsigned rate = 16'000;
};

// Feeds all tracks in blocks of `block` samples and judges after each.
inline std::vector<Decision> run(Detector& detector, const std::vector<Track>& tracks,
                                 std::size_t block = 320) {
  for (const Track& track : tracks) detector.add(track.id);
  std::vector<Decision> all;
  bool more = true;
  for (std::size_t step = 0; more; ++step) {
    more = false;
    MediaTime heard = MediaTime::max();
    for (const Track& track : tracks) {
      // The same stretch of time for each, whatever its rate.
      const std::size_t from = step * block * track.rate / tracks.front().rate;
      const std::size_t to = (step + 1) * block * track.rate / tracks.front().rate;
      const auto span = std::span(track.samples);
      if (from < span.size()) {
        const MediaTime start(static_cast<std::int64_t>(from) * 1'000'000'000 / track.rate);
        const std::size_t n = std::min(to, span.size()) - from;
        detector.push(track.id, start, track.rate, span.subspan(from, n));
        more = true;
      }
      heard =
          std::min(heard, MediaTime(static_cast<std::int64_t>(to) * 1'000'000'000 / track.rate));
    }
    if (!more) break;
    const auto some = detector.advance(heard);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace spacecast::speaker::test
