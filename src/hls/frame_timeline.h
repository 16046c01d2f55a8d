// Gives each frame of one track its place on a timeline of whole ticks, so that a frame's duration
// is the next one's place less its own and tfdt goes on to the tick.
#pragma once

#include <cstdint>
#include <optional>

#include "base/media_time.h"
#include "media/ticks.h"

namespace spacecast::hls {

class FrameTimeline {
 public:
  enum class Kind {
    // Frames have a rate but may be early or late. Jitter of less than half a frame is smoothed;
    // the
    // source's own clock is followed slowly.
    kJittery,
    // Frames are exactly as long as they are (AAC: 1024 samples). They are counted, and timestamps
    // only tell when a frame is missing or too many, by one whole frame or more.
    kCounted,
  };

  FrameTimeline(std::uint32_t timescale, media::Ticks frame, Kind kind)
      : timescale_(timescale), frame_(frame), kind_(kind) {}

  // Nothing for a frame that goes backwards in time, which has no place.
  [[nodiscard]] std::optional<media::Ticks> place(MediaTime time);
  // A frame's nominal duration.
  [[nodiscard]] media::Ticks frame() const { return frame_; }

 private:
  std::uint32_t timescale_;
  media::Ticks frame_;
  Kind kind_;
  std::optional<media::Ticks> last_;
  MediaTime last_time_{};
};

}  // namespace spacecast::hls
