#include "pipelines/return_listener.h"

#include <utility>

namespace spacecast {

namespace {

// Others may have the same packet, so it is flagged on a copy; the memory stays shared.
Ref<GstSample> flag_discont(const Ref<GstSample>& packet) {
  const auto buffer = adopt(gst_buffer_copy(gst_sample_get_buffer(packet.get())));
  GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
  return adopt(gst_sample_new(buffer.get(), gst_sample_get_caps(packet.get()), nullptr, nullptr));
}

}  // namespace

ReturnListener::ReturnListener(std::shared_ptr<ReturnSink> sink,
                               std::shared_ptr<SharedReturn> shared)
    : sink_(std::move(sink)), shared_(std::move(shared)) {}

ReturnListener::~ReturnListener() {
  if (member_) shared_->leave();
}

void ReturnListener::take(GstBuffer* sound, bool is_sum) {
  auto packet = packet_of(sound, is_sum);
  if (!packet) return;
  const std::uint64_t tick = tick_of(sound);
  if (next_ && tick != *next_) packet = flag_discont(packet);
  next_ = tick + 1;
  sink_->take_audio(packet);
}

Ref<GstSample> ReturnListener::packet_of(GstBuffer* sound, bool is_sum) {
  if (is_sum) {
    if (member_) return shared_->take(sound);
    if (auto packet = shared_->enter(sound)) {
      member_ = true;
      own_.reset();
      return packet;
    }
    // Whoever begins has nothing to go on with until then.
    return own_ ? encode_tick(*own_, sound) : Ref<GstSample>();
  }
  if (std::exchange(member_, false)) {
    own_ = shared_->leave(tick_of(sound));
  } else if (!own_) {
    own_.emplace();
  }
  return encode_tick(*own_, sound);
}

}  // namespace spacecast
