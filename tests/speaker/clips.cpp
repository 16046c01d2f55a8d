#include "clips.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace spacecast::score {

namespace {

constexpr float kAudible = 24.0F;      // dB below the level of speech.
constexpr std::size_t kBridged = 15;   // Frames: shorter pauses belong to the phrase.
constexpr std::size_t kShortest = 12;  // Frames.
constexpr std::size_t kBefore = 3;     // Frames of the recording kept around a phrase.
constexpr std::size_t kAfter = 6;

Sound read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  Sound sound(bytes.size() / 2);
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const auto low = static_cast<unsigned char>(bytes[2 * i]);
    const auto high = static_cast<unsigned char>(bytes[2 * i + 1]);
    sound[i] = static_cast<float>(static_cast<std::int16_t>(low | (high << 8U))) / 32768.0F;
  }
  return sound;
}

std::vector<float> frame_levels(const Sound& sound) {
  std::vector<float> levels(sound.size() / kFrame);
  for (std::size_t i = 0; i < levels.size(); ++i) levels[i] = level_of(&sound[i * kFrame], kFrame);
  return levels;
}

// The level of what is not pause: the mean power of all frames within 25 dB of the loudest ones.
float active_level(const std::vector<float>& levels) {
  std::vector<float> sorted = levels;
  std::ranges::sort(sorted);
  const float loudest = sorted.empty() ? kNothing : sorted[sorted.size() * 98 / 100];
  double power = 0;
  std::size_t count = 0;
  for (const float level : levels) {
    if (level < loudest - 25) continue;
    power += std::pow(10.0, level / 10.0);
    ++count;
  }
  return count == 0 ? kNothing : power_to_db(power / static_cast<double>(count));
}

// Runs of frames that are audible, pauses of up to `bridged` frames included: [first, last).
std::vector<std::pair<std::size_t, std::size_t>> runs(const std::vector<float>& levels,
                                                      float threshold, std::size_t bridged) {
  std::vector<std::pair<std::size_t, std::size_t>> found;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels[i] < threshold) continue;
    if (!found.empty() && i - found.back().second <= bridged) {
      found.back().second = i + 1;
    } else {
      found.emplace_back(i, i + 1);
    }
  }
  return found;
}

Phrase cut_phrase(const Sound& sound, std::size_t first, std::size_t last) {
  Phrase phrase;
  const std::size_t from = (first - std::min(first, kBefore)) * kFrame;
  const std::size_t to = std::min((last + kAfter) * kFrame, sound.size());
  phrase.samples.assign(sound.begin() + static_cast<std::ptrdiff_t>(from),
                        sound.begin() + static_cast<std::ptrdiff_t>(to));
  const auto levels = frame_levels(phrase.samples);
  const float threshold = active_level(levels) - kAudible;
  // A click of the lips is one frame and no onset.
  std::size_t onset = 0;
  while (onset + 4 < levels.size() &&
         std::count_if(&levels[onset], &levels[onset] + 4,
                       [&](float level) { return level >= threshold; }) < 3) {
    ++onset;
  }
  while (onset + 1 < levels.size() && levels[onset] < threshold) ++onset;
  std::size_t end = levels.size();
  while (end > onset + 1 && levels[end - 1] < threshold) --end;
  phrase.onset = onset * kFrame;
  phrase.end = end * kFrame;
  // The recording's own room must not come in with a click.
  for (std::size_t i = 0; i < kFrame && i < phrase.samples.size(); ++i) {
    const float fade = static_cast<float>(i) / static_cast<float>(kFrame);
    phrase.samples[i] *= fade;
    phrase.samples[phrase.samples.size() - 1 - i] *= fade;
  }
  return phrase;
}

Voice cut_voice(std::string name, const Sound& sound) {
  Voice voice{std::move(name), kNothing, {}};
  const auto levels = frame_levels(sound);
  voice.level = active_level(levels);
  for (const auto& [first, last] : runs(levels, voice.level - 30, kBridged)) {
    if (last - first >= kShortest) voice.phrases.push_back(cut_phrase(sound, first, last));
  }
  return voice;
}

// Sounds with silence between them.
std::vector<Sound> cut_sounds(const Sound& sound) {
  std::vector<Sound> sounds;
  const auto levels = frame_levels(sound);
  for (const auto& [first, last] : runs(levels, -55, 20)) {
    const auto begin = sound.begin();
    sounds.emplace_back(begin + static_cast<std::ptrdiff_t>(first * kFrame),
                        begin + static_cast<std::ptrdiff_t>(last * kFrame));
  }
  return sounds;
}

}  // namespace

float power_to_db(double power) {
  return power <= 0 ? kNothing : std::max(kNothing, static_cast<float>(10 * std::log10(power)));
}

float db_to_gain(double db) {
  return static_cast<float>(std::pow(10.0, db / 20.0));
}

float level_of(const float* samples, std::size_t count) {
  double power = 0;
  for (std::size_t i = 0; i < count; ++i) power += static_cast<double>(samples[i]) * samples[i];
  return count == 0 ? kNothing : power_to_db(power / static_cast<double>(count));
}

Result<Clips> Clips::load(const std::string& directory, Part part) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    files.push_back(entry.path());
  }
  if (error || !std::filesystem::exists(std::filesystem::path(directory) / "complete")) {
    return fail(ErrorCode::kIo,
                fmt::format("no clips in {}; prepare_clips.py puts them there", directory));
  }
  std::ranges::sort(files);
  const std::string prefix = part == Part::kTune ? "tune-" : "judge-";
  Clips clips;
  for (const auto& path : files) {
    std::string name = path.stem();
    if (!name.starts_with(prefix) || path.extension() != ".s16") continue;
    name = name.substr(prefix.size());
    const Sound sound = read(path);
    if (name.starts_with("voice-")) {
      clips.voices.push_back(cut_voice(name.substr(6), sound));
    } else if (name.starts_with("keys-")) {
      std::ranges::move(cut_sounds(sound), std::back_inserter(clips.keys));
    } else if (name.starts_with("bangs-")) {
      std::ranges::move(cut_sounds(sound), std::back_inserter(clips.bangs));
    } else if (name.starts_with("music-")) {
      clips.music.push_back(sound);
    }
  }
  if (clips.voices.empty() || clips.keys.empty() || clips.bangs.empty() || clips.music.empty()) {
    return fail(ErrorCode::kIo, fmt::format("{} lacks {}* clips", directory, prefix));
  }
  return clips;
}

}  // namespace spacecast::score
