// The sound for one ReturnSink: a member of the shared return while its speaker is silent, with an
// encoder of its own while they talk, and no seam where the one follows the other.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "gstx/ref.h"
#include "media/opus_stream.h"
#include "pipelines/program_return.h"
#include "pipelines/shared_return.h"

namespace spacecast {

class ReturnListener {
 public:
  ReturnListener(std::shared_ptr<ReturnSink> sink, std::shared_ptr<SharedReturn> shared);
  // Any thread, once nobody is in take() any more.
  ~ReturnListener();
  ReturnListener(const ReturnListener&) = delete;
  ReturnListener& operator=(const ReturnListener&) = delete;

  // What the mixer sends to this listener in one tick. `is_sum`: everybody without a sound of their
  // own is sent the same. One thread at a time.
  void take(GstBuffer* sound, bool is_sum);

 private:
  [[nodiscard]] Ref<GstSample> packet_of(GstBuffer* sound, bool is_sum);

  const std::shared_ptr<ReturnSink> sink_;
  const std::shared_ptr<SharedReturn> shared_;
  bool member_ = false;
  std::optional<media::OpusStream> own_;
  std::optional<std::uint64_t> next_;  // The tick that continues what the sink has.
};

}  // namespace spacecast
