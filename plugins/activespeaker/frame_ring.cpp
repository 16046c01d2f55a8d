#include "plugins/activespeaker/frame_ring.h"

#include <utility>

namespace spacecast {

void FrameRing::push(Frame frame) {
  while (!waiting_.empty() && waiting_.back().time >= frame.time) {
    bytes_ -= gst_buffer_get_size(waiting_.back().buffer.get());
    waiting_.pop_back();
  }
  const std::size_t size = gst_buffer_get_size(frame.buffer.get());
  if (waiting_.size() >= kMaxFrames || bytes_ + size > kMaxBytes) return;
  bytes_ += size;
  waiting_.push_back(std::move(frame));
}

const Frame* FrameRing::at(GstClockTime tick) {
  while (!waiting_.empty() && waiting_.front().time <= tick) {
    bytes_ -= gst_buffer_get_size(waiting_.front().buffer.get());
    shown_ = std::move(waiting_.front());
    waiting_.pop_front();
  }
  return shown_ ? &*shown_ : nullptr;
}

void FrameRing::clear() {
  waiting_.clear();
  shown_.reset();
  bytes_ = 0;
}

}  // namespace spacecast
