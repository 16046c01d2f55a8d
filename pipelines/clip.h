// A clip: media encoded once and held in memory, so that playing it costs next to nothing. Thirteen
// simulated speakers then fit on the machine that is being measured.
//
// A clip is immutable and shared. It is bounded in length and bytes when it is made, its frames are
// in decoding order without gaps in the order of their timestamps, and the first one is a key
// frame.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/media_time.h"

namespace spacecast {

// One Opus packet, or one H.264 access unit as a byte stream with SPS and PPS before each key
// frame.
struct ClipFrame {
  ByteVector bytes;
  MediaTime pts{};
  MediaTime duration{};
  bool key = true;
};

class Clip {
 public:
  static constexpr MediaTime kLengthMax = std::chrono::minutes(10);
  static constexpr std::size_t kBytesMax = 256U << 20U;

  // Frames before the first key frame are left out and timestamps are counted from it.
  // kInvalidArgument where nothing is left, where timestamps do not rise or a duration is not
  // positive; kLimit past the bounds above.
  [[nodiscard]] static Result<std::shared_ptr<const Clip>> create(std::vector<ClipFrame> frames);

  [[nodiscard]] const std::vector<ClipFrame>& frames() const { return frames_; }
  // From the first frame's start to the last one's end.
  [[nodiscard]] MediaTime length() const { return length_; }
  // The longest time without a key frame, counted over the loop.
  [[nodiscard]] MediaTime key_interval() const;

 private:
  explicit Clip(std::vector<ClipFrame> frames);

  std::vector<ClipFrame> frames_;
  MediaTime length_;
};

// Reads a clip for ever. Within each `period` the clip repeats from its beginning as often as it
// fits; the period's end cuts it off. Two clips of different length stay in step when they share a
// period.
class ClipLoop {
 public:
  struct Item {
    const ClipFrame* frame = nullptr;  // Lives as long as the clip.
    MediaTime pts{};                   // Since the loop's start; rises over every seam.
  };

  // Starts with the first key frame at or after `phase` (within the first period); its pts is its
  // distance from there, so media that start at the same phase are in step. 0 <= phase < period.
  ClipLoop(std::shared_ptr<const Clip> clip, MediaTime period, MediaTime phase = {});

  [[nodiscard]] Item next();
  // The next item is a key frame: the group of pictures that is being played is played again from
  // its beginning, until the next one's time has come. Timestamps do not notice, and the loop stays
  // in step with others.
  void repeat_group();

 private:
  Item peek();

  std::shared_ptr<const Clip> clip_;
  MediaTime period_;
  MediaTime phase_;
  MediaTime period_start_{};  // All three count from the beginning of the first period.
  MediaTime repeat_start_{};
  std::size_t index_ = 0;
  std::size_t behind_ = 0;  // Frames by which a group that is played again lags.
};

}  // namespace spacecast
