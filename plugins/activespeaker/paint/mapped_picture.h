// A frame's pixels for as long as they are read. Whatever a decoder may hand over, this is either
// readable to its last row or it is nothing.
#pragma once

#include <gst/video/video.h>

#include "plugins/activespeaker/frame_ring.h"

namespace spacecast::paint {

class MappedPicture {
 public:
  static constexpr int kMinSide = 16;
  static constexpr int kMaxSide = 4096;

  // Nothing where `frame` is null, no raw video, of another size than that, or shorter than its
  // caps say. `frame`'s buffer outlives the picture.
  explicit MappedPicture(const Frame* frame);
  ~MappedPicture();
  MappedPicture(const MappedPicture&) = delete;
  MappedPicture& operator=(const MappedPicture&) = delete;

  explicit operator bool() const { return mapped_; }
  // As the caps say, progressive.
  [[nodiscard]] const GstVideoInfo& info() const { return info_; }
  [[nodiscard]] const GstVideoFrame& frame() const { return frame_; }
  // Width over height as it is to be seen.
  [[nodiscard]] double aspect() const;

 private:
  GstVideoInfo info_{};
  GstVideoFrame frame_{};
  bool mapped_ = false;
};

}  // namespace spacecast::paint
