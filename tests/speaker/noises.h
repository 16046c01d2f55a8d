// What microphones pick up that is no turn. Keys, bangs and music are recordings; coughs, rustling,
// fans and hum are made, coughs and whispers out of the speaker's own voice.
#pragma once

#include "clips.h"
#include "random.h"

namespace spacecast::score {

// Powers as they come; `normalise` brings a sound to a level.
void normalise(Sound& sound, float level);

// One to three coughs: a burst of breath through the voice's vocal tract, mostly with a voiced end.
[[nodiscard]] Sound cough(const Voice& voice, Random& random);
// Somebody types: strokes every 90 to 250 ms with a pause here and there.
[[nodiscard]] Sound typing(const std::vector<Sound>& keys, double seconds, Random& random);
// Paper, cloth, wind: a band of noise with a restless envelope.
[[nodiscard]] Sound rustle(double seconds, Random& random);
// Falls with frequency as the sound of rooms and fans does.
[[nodiscard]] Sound room(std::size_t samples, Random& random);
// 100 Hz and its harmonics.
[[nodiscard]] Sound hum(std::size_t samples, Random& random);
// The phrase without its voice: noise through the same vocal tract.
[[nodiscard]] Sound whisper(const Sound& speech, Random& random);

}  // namespace spacecast::score
