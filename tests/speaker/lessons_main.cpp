// Writes what the classifier learns from (train_classifier.py): for each hop in which a microphone
// picks something up, its features and whether it was speech, as 32-bit floats. What sounds in a
// speaker's pauses is no speech, though their turn goes on.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "conversation.h"
#include "speaker/features.h"

using namespace spacecast;
using namespace spacecast::score;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kHopSamples = kRate / 50;
constexpr float kStandsOut = 6;

// 1 speech, 0 noise, nothing where one cannot say: at the edges of words, and what comes back of
// others.
std::optional<float> label(const Conversation& conversation, speaker::SpeakerId id, MediaTime at) {
  bool echo = false;
  for (const Noise& noise : conversation.noises) {
    echo = echo || (noise.speaker == id && noise.kind == "echo");
  }
  bool edge = false;
  for (const Stretch& stretch : conversation.stretches) {
    if (stretch.speaker != id || at < stretch.onset - 100ms || at > stretch.end + 200ms) continue;
    if (at >= stretch.onset && at <= stretch.end) return 1.0F;
    edge = true;
  }
  if (edge) return std::nullopt;
  return echo ? std::nullopt : std::optional(0.0F);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: write_lessons CLIPS OUT.f32\n");
    return 2;
  }
  const auto clips = Clips::load(argv[1], Part::kTune);
  if (!clips) {
    fmt::print(stderr, "{}\n", clips.error().message);
    return 1;
  }
  std::ofstream out(argv[2], std::ios::binary);
  for (const Plan& plan : lessons()) {
    const Conversation conversation = make_conversation(*clips, plan);
    for (speaker::SpeakerId id = 0; id < conversation.tracks.size(); ++id) {
      speaker::FeatureExtractor extractor;
      const Sound& track = conversation.tracks[id];
      for (std::size_t hop = 0; (hop + 1) * kHopSamples <= track.size(); ++hop) {
        const auto index = static_cast<std::int64_t>(hop);
        const auto samples = std::span(track).subspan(hop * kHopSamples, kHopSamples);
        const speaker::Features& features = extractor.update({index, kRate, samples});
        if (features.above_floor < kStandsOut) continue;
        const auto speech = label(conversation, id, index * speaker::kHop);
        if (!speech) continue;
        out.write(reinterpret_cast<const char*>(features.values.data()), sizeof features.values);
        out.write(reinterpret_cast<const char*>(&*speech), sizeof(float));
      }
    }
  }
  return out ? 0 : 1;
}
