#include "noises.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace spacecast::score {

namespace {

constexpr std::size_t kOrder = 16;
using Tract = std::array<float, kOrder>;

// Linear prediction: the all-pole filter that a stretch of speech went through (Levinson-Durbin).
// Gives the power of what is left without it.
double vocal_tract(const float* samples, std::size_t count, Tract& tract) {
  std::array<double, kOrder + 1> r{};
  for (std::size_t lag = 0; lag <= kOrder; ++lag) {
    for (std::size_t i = lag; i < count; ++i) {
      const auto window = [count](std::size_t at) {
        return 0.5 - 0.5 * std::cos(2 * std::numbers::pi * (static_cast<double>(at) + 0.5) /
                                    static_cast<double>(count));
      };
      r[lag] += window(i) * samples[i] * window(i - lag) * samples[i - lag];
    }
  }
  r[0] = r[0] * 1.0001 + 1e-9;
  std::array<double, kOrder> a{};
  double error = r[0];
  for (std::size_t i = 0; i < kOrder; ++i) {
    double reflection = r[i + 1];
    for (std::size_t j = 0; j < i; ++j) reflection -= a[j] * r[i - j];
    reflection /= error;
    std::array<double, kOrder> next = a;
    next[i] = reflection;
    for (std::size_t j = 0; j < i; ++j) next[j] = a[j] - reflection * a[i - 1 - j];
    a = next;
    error *= 1 - reflection * reflection;
  }
  for (std::size_t i = 0; i < kOrder; ++i) tract[i] = static_cast<float>(a[i]);
  return error / static_cast<double>(count);
}

class Filter {
 public:
  float run(const Tract& tract, float input) {
    float out = input;
    for (std::size_t i = 0; i < kOrder; ++i)
      out += tract[i] * past_[(at_ + kOrder - 1 - i) % kOrder];
    past_[at_] = out;
    at_ = (at_ + 1) % kOrder;
    return out;
  }

 private:
  std::array<float, kOrder> past_{};
  std::size_t at_ = 0;
};

void add(Sound& to, const Sound& sound, std::size_t at, float gain = 1) {
  for (std::size_t i = 0; i < sound.size() && at + i < to.size(); ++i)
    to[at + i] += gain * sound[i];
}

std::size_t samples_of(double seconds) {
  return static_cast<std::size_t>(seconds * kRate);
}

// The loudest 20 ms of a phrase: the middle of a vowel.
std::size_t vowel_of(const Sound& speech) {
  std::size_t best = 0;
  float loudest = kNothing;
  for (std::size_t at = 0; at + 2 * kFrame <= speech.size(); at += kFrame) {
    const float level = level_of(&speech[at], 2 * kFrame);
    if (level > loudest) {
      loudest = level;
      best = at;
    }
  }
  return best;
}

Sound one_cough(const Voice& voice, Random& random) {
  const Sound& speech = voice.phrases[random.below(voice.phrases.size())].samples;
  const std::size_t vowel = vowel_of(speech);
  Tract tract{};
  vocal_tract(&speech[vowel], std::min<std::size_t>(320, speech.size() - vowel), tract);
  const std::size_t burst = samples_of(random.uniform(0.03, 0.06));
  const double decay = random.uniform(0.05, 0.12) * kRate;
  Sound sound(samples_of(random.uniform(0.2, 0.35)));
  Filter filter;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const double envelope =
        i < burst ? 1.0 : 0.6 * std::exp(-static_cast<double>(i - burst) / decay);
    sound[i] = filter.run(tract, random.white() * static_cast<float>(envelope));
  }
  normalise(sound, -20);
  if (random.chance(0.6)) {
    Sound voiced(samples_of(random.uniform(0.05, 0.15)));
    const std::size_t from = vowel - std::min(vowel, voiced.size() / 2);
    for (std::size_t i = 0; i < voiced.size() && from + i < speech.size(); ++i) {
      const float fade = std::sin(std::numbers::pi_v<float> * static_cast<float>(i) /
                                  static_cast<float>(voiced.size()));
      voiced[i] = speech[from + i] * fade;
    }
    normalise(voiced, -24);
    const std::size_t at = burst + samples_of(0.06);
    if (sound.size() < at + voiced.size()) sound.resize(at + voiced.size());
    add(sound, voiced, at);
  }
  return sound;
}

}  // namespace

void normalise(Sound& sound, float level) {
  const float present = level_of(sound.data(), sound.size());
  if (present <= kNothing) return;
  const float gain = db_to_gain(level - present);
  for (float& sample : sound) sample *= gain;
}

Sound cough(const Voice& voice, Random& random) {
  Sound sound;
  const std::size_t count = 1 + random.below(3);
  for (std::size_t i = 0; i < count; ++i) {
    const Sound one = one_cough(voice, random);
    sound.insert(sound.end(), one.begin(), one.end());
    if (i + 1 < count) sound.resize(sound.size() + samples_of(random.uniform(0.05, 0.2)));
  }
  return sound;
}

Sound typing(const std::vector<Sound>& keys, double seconds, Random& random) {
  Sound sound(samples_of(seconds));
  double at = 0;
  while (at < seconds) {
    add(sound, keys[random.below(keys.size())], samples_of(at), db_to_gain(random.uniform(-6, 0)));
    at += random.chance(0.1) ? random.uniform(0.4, 0.9) : random.uniform(0.09, 0.25);
  }
  return sound;
}

Sound rustle(double seconds, Random& random) {
  Sound sound(samples_of(seconds));
  // A resonance whose pole stays well inside the circle: a band, not a tone.
  const double centre = random.uniform(500, 4000);
  const double radius = random.uniform(0.7, 0.93);
  const auto a = static_cast<float>(2 * radius * std::cos(2 * std::numbers::pi * centre / kRate));
  const auto b = static_cast<float>(-radius * radius);
  float y1 = 0;
  float y2 = 0;
  float from = 0;
  float to = 1;
  std::size_t left = 0;
  std::size_t length = 1;
  for (float& sample : sound) {
    if (left == 0) {
      from = to;
      to = static_cast<float>(random.uniform(0.05, 1));
      left = length = samples_of(random.uniform(0.03, 0.25));
    }
    const float part = static_cast<float>(left) / static_cast<float>(length);
    const float envelope = to + (from - to) * part;
    --left;
    const float y = random.white() * envelope + a * y1 + b * y2;
    y2 = y1;
    y1 = y;
    sample = y;
  }
  return sound;
}

Sound room(std::size_t samples, Random& random) {
  Sound sound(samples);
  // Three leaky integrators, an octave and more apart: about 1/f.
  float low = 0;
  float middle = 0;
  float high = 0;
  for (float& sample : sound) {
    low += 0.01F * (random.white() - low);
    middle += 0.08F * (random.white() - middle);
    high += 0.5F * (random.white() - high);
    sample = 3.2F * low + 1.1F * middle + 0.4F * high;
  }
  return sound;
}

Sound hum(std::size_t samples, Random& random) {
  Sound sound(samples);
  constexpr std::array<double, 4> kHarmonics{1, 0.5, 0.3, 0.15};
  const double phase = random.uniform(0, 6);
  for (std::size_t i = 0; i < samples; ++i) {
    double sum = 0;
    for (std::size_t h = 0; h < kHarmonics.size(); ++h) {
      const double turns = 100.0 * static_cast<double>((h + 1) * i) / kRate;
      sum +=
          kHarmonics[h] * std::sin(2 * std::numbers::pi * turns + phase * static_cast<double>(h));
    }
    sound[i] = static_cast<float>(sum);
  }
  return sound;
}

Sound whisper(const Sound& speech, Random& random) {
  Sound sound(speech.size());
  Filter filter;
  constexpr std::size_t kWindow = 2 * kFrame;
  for (std::size_t at = 0; at < speech.size(); at += kFrame) {
    const std::size_t from = std::min(at, speech.size() - std::min(speech.size(), kWindow));
    Tract tract{};
    const std::size_t count = std::min(kWindow, speech.size() - from);
    const double left = vocal_tract(&speech[from], count, tract);
    const auto gain = static_cast<float>(std::sqrt(left));
    for (std::size_t i = at; i < std::min(at + kFrame, speech.size()); ++i) {
      sound[i] = filter.run(tract, random.white() * gain);
    }
  }
  return sound;
}

}  // namespace spacecast::score
