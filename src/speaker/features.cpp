#include "speaker/features.h"

#include <algorithm>
#include <cmath>

#include "speaker/level.h"

namespace spacecast::speaker {

namespace {

constexpr float kVoiced = 0.6F;
constexpr float kSomething = 3.0F;  // dB above the floor.
constexpr float kStandsOut = 9.0F;  // dB above the floor.
constexpr int kPause = 15;          // Hops.
constexpr float kFast = 0.4F;       // Time constants of about 40 ms
constexpr float kSlow = 0.07F;      // and 280 ms: 2 to 8 Hz pass.
constexpr float kMaxStep = 12.0F;   // Semitones: more is a mistake or another note.

}  // namespace

const Features& FeatureExtractor::update(const Hop& hop) {
  listen(hop);
  describe();
  return features_;
}

void FeatureExtractor::listen(const Hop& hop) {
  features_.level = is_whole(hop) ? std::optional(level_of(hop.samples)) : std::nullopt;
  if (features_.level) floor_.update(*features_.level);
  Moment now;
  now.level = std::max(features_.level.value_or(kSilence), floor_.level());
  now.above = now.level - floor_.level();
  features_.above_floor = now.above;
  features_.room = floor_.room();

  const VoiceBand::Samples& fresh = band_.resample(hop);
  std::ranges::copy(std::span(samples_).subspan(fresh.size()), samples_.begin());
  std::ranges::copy(fresh, samples_.end() - fresh.size());

  std::array<float, Spectrum::kWindow> window;
  std::ranges::copy(std::span(samples_).last(window.size()), window.begin());
  const Spectrum spectrum = analyse(window);
  features_.bands = spectrum.power;
  float mean = 0;
  for (std::size_t i = 0; i < now.shape.size(); ++i) {
    now.shape[i] = std::log10(spectrum.power[i] + 1e-9F);
    mean += now.shape[i] / static_cast<float>(now.shape.size());
  }
  for (float& value : now.shape) value -= mean;
  features_.values[0] = spectrum.flatness / 10;

  // Most microphones pick up nothing most of the time; that costs next to nothing.
  const Pitch pitch = now.above >= kSomething ? find_pitch(samples_) : Pitch{};
  now.voicing = features_.voicing = pitch.voicing;
  now.semitones = pitch.semitones;

  fast_ += kFast * (std::min(now.above, 40.0F) - fast_);
  slow_ += kSlow * (std::min(now.above, 40.0F) - slow_);
  now.modulation = fast_ - slow_;
  quiet_hops_ = now.above >= kStandsOut ? 0 : quiet_hops_ + 1;
  active_hops_ = quiet_hops_ > kPause ? 0 : active_hops_ + 1;
  past_.push(now);
}

void FeatureExtractor::describe() {
  const Moment& now = past_[0];
  auto& values = features_.values;
  values[1] = std::min(now.above, 50.0F) / 20;
  for (std::size_t i = 0; i < Spectrum::kBands; ++i) values[2 + i] = now.shape[i];
  float flux = 0;
  float change = 0;
  for (std::size_t i = 0; i < Spectrum::kBands; ++i) {
    flux += std::abs(now.shape[i] - past_[1].shape[i]);
    change += std::abs(now.shape[i] - past_[4].shape[i]);
  }
  values[11] = flux / 5;
  values[12] = change / 5;
  values[13] = std::clamp(now.level - past_[1].level, -20.0F, 20.0F) / 10;
  values[14] = std::clamp(now.level - past_[3].level, -30.0F, 30.0F) / 10;
  values[15] = static_cast<float>(std::min(active_hops_, 100)) / 50;
  describe_pitch(&values[16]);
  describe_rhythm(&values[23]);
}

// 16 to 22.
void FeatureExtractor::describe_pitch(float* out) const {
  const Moment& now = past_[0];
  out[0] = now.voicing;
  out[1] = now.voicing > kVoiced ? (now.semitones - 18) / 10 : 0;
  const bool both = now.voicing > kVoiced && past_[1].voicing > kVoiced;
  out[2] = both ? std::min(std::abs(now.semitones - past_[1].semitones), kMaxStep) / 4 : 0;
  // Voiced hops in a row whose pitch goes on from one to the next.
  int run = 0;
  while (run < 25 && past_[static_cast<std::size_t>(run)].voicing > kVoiced &&
         (run == 0 || std::abs(past_[static_cast<std::size_t>(run)].semitones -
                               past_[static_cast<std::size_t>(run) - 1].semitones) < 2)) {
    ++run;
  }
  out[3] = static_cast<float>(run) / 12;
  // How far it strays within 0.4 s.
  float sum = 0;
  float squares = 0;
  float strongest = 0;
  float mean_voicing = 0;
  int voiced = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    const Moment& then = past_[i];
    if (i < 10) {
      strongest = std::max(strongest, then.voicing);
      mean_voicing += then.voicing / 10;
    }
    if (then.voicing <= kVoiced) continue;
    sum += then.semitones;
    squares += then.semitones * then.semitones;
    ++voiced;
  }
  const float count = static_cast<float>(std::max(voiced, 1));
  const float variance = squares / count - (sum / count) * (sum / count);
  out[4] = std::min(std::sqrt(std::max(variance, 0.0F)), kMaxStep) / 4;
  out[5] = strongest;
  out[6] = mean_voicing;
}

// 23 to 33.
void FeatureExtractor::describe_rhythm(float* out) const {
  const float now = past_[0].level;
  float low = now;
  float high = now;
  float loud = 0;
  float voiced = 0;
  float mean = 0;
  float modulation = 0;
  float high_half = now;
  for (std::size_t i = 0; i < 2 * kSecond; ++i) {
    const Moment& then = past_[i];
    low = std::min(low, then.level);
    high = std::max(high, then.level);
    loud += then.above >= kStandsOut ? 1.0F : 0.0F;
    voiced += then.voicing > kVoiced && then.above >= kStandsOut ? 1.0F : 0.0F;
    mean += then.level;
    if (i < kSecond) modulation += std::abs(then.modulation);
    if (i + 1 == kSecond / 4) out[0] = (high - low) / 20;
    if (i + 1 == kSecond / 2) {
      out[1] = (high - low) / 20;
      out[2] = loud * 2 / kSecond;
      out[3] = voiced * 2 / kSecond;
      high_half = high;
    }
    if (i + 1 == kSecond) out[4] = (high - low) / 20;
  }
  out[5] = (high - low) / 20;
  out[6] = loud / (2 * kSecond);
  out[7] = voiced / (2 * kSecond);
  out[8] = modulation / kSecond / 5;
  out[9] = (now - high_half) / 10;
  // The share of the last two seconds that is far below their mean: pauses.
  mean /= 2 * kSecond;
  float below = 0;
  for (std::size_t i = 0; i < 2 * kSecond; ++i) below += past_[i].level < mean - 8 ? 1.0F : 0.0F;
  out[10] = below / (2 * kSecond);
}

}  // namespace spacecast::speaker
