// Makes clips (pipelines/clip.h) of files and of generated media. What a file already holds in the
// form that goes on the wire is taken over as it is; anything else is decoded and encoded once, as
// fast as the machine can. What is longer than a clip may be is cut off.
//
// Blocks until the clip is complete. Any thread.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "pipelines/clip.h"

namespace spacecast {

// Patterns count from 0; each has colours and a pitch of its own.
constexpr unsigned kClipPatterns = 13;

// Opus, mono or stereo. `source` is a file that GStreamer can read, "tone" or "silence". Opus files
// are taken over.
[[nodiscard]] Result<std::shared_ptr<const Clip>> load_audio_clip(const std::string& source,
                                                                  unsigned pattern);

// H.264, constrained baseline of level 3.1 at most, as profile-level-id 42e01f promises. `source`
// is a file that GStreamer can read, or "test". Files are taken over where they hold just that,
// with a key frame every two seconds at least; else they become 1280x720 at 30 fps with one every
// second.
[[nodiscard]] Result<std::shared_ptr<const Clip>> load_video_clip(const std::string& source,
                                                                  unsigned pattern);

}  // namespace spacecast
