#include "speaker/ear.h"

#include "speaker/level.h"

namespace spacecast::speaker {

Observation Ear::hear(const Hop& hop) {
  const Features& features = extractor_.update(hop);
  Observation heard;
  heard.start = hop.index * kHop;
  heard.levels.fill(kSilence);
  if (!features.level) return heard;
  heard.above_floor = features.above_floor;
  heard.room = features.room;
  heard.odds = speech_odds(features);
  heard.bands = features.bands;
  const std::size_t count = hop.samples.size();
  for (std::size_t i = 0; i < kBlocksPerHop; ++i) {
    const std::size_t from = i * count / kBlocksPerHop;
    const std::size_t to = (i + 1) * count / kBlocksPerHop;
    heard.levels[i] = level_of(hop.samples.subspan(from, to - from));
  }
  return heard;
}

}  // namespace spacecast::speaker
