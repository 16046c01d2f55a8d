#include "pipelines/shared_return.h"

#include <span>
#include <utility>

namespace spacecast {

namespace {

constexpr GstClockTime kTick = 20 * GST_MSECOND;

Ref<GstCaps> packet_caps() {
  static const Ref<GstCaps> caps = adopt(gst_caps_from_string(
      "audio/x-opus,rate=(int)48000,channels=(int)2,channel-mapping-family=(int)0"));
  return caps;
}

}  // namespace

std::uint64_t tick_of(GstBuffer* sound) {
  return GST_BUFFER_PTS(sound) / kTick;
}

Ref<GstSample> encode_tick(media::OpusStream& stream, GstBuffer* sound, bool independent) {
  GstMapInfo map;
  const bool mapped = gst_buffer_map(sound, &map, GST_MAP_READ);
  g_assert(mapped);  // The mixer's own memory.
  const auto packet = stream.encode(
      {reinterpret_cast<const float*>(map.data), map.size / sizeof(float)}, independent);
  gst_buffer_unmap(sound, &map);
  const auto buffer = adopt(gst_buffer_new_memdup(packet.data(), packet.size()));
  GST_BUFFER_PTS(buffer.get()) = GST_BUFFER_PTS(sound);
  GST_BUFFER_DURATION(buffer.get()) = kTick;
  return adopt(gst_sample_new(buffer.get(), packet_caps().get(), nullptr, nullptr));
}

Ref<GstSample> SharedReturn::take(GstBuffer* sum) {
  const MutexLock lock(mutex_);
  return packet_of(sum).sample;
}

Ref<GstSample> SharedReturn::enter(GstBuffer* sum) {
  const MutexLock lock(mutex_);
  const std::uint64_t tick = tick_of(sum);
  // Members that are a little behind would lose the ticks in between.
  const bool ahead = tick > next_ && tick - next_ < kPatience;
  if (members_ > 0 && ahead) return {};
  Packet packet = packet_of(sum);
  if (packet.entry) {
    ++members_;
    return std::move(packet.sample);
  }
  entry_wanted_ = true;
  return {};
}

media::OpusStream SharedReturn::leave(std::uint64_t tick) {
  const MutexLock lock(mutex_);
  --members_;
  const State& state = states_[tick % kStates];
  return tick < next_ && state.tick == tick ? state.stream : stream_;
}

void SharedReturn::leave() {
  const MutexLock lock(mutex_);
  --members_;
}

SharedReturn::Packet SharedReturn::packet_of(GstBuffer* sum) {
  const std::uint64_t tick = tick_of(sum);
  if (tick >= next_) encode(sum);
  const Packet& packet = packets_[tick % kPackets];
  return packet.tick == tick ? packet : Packet{};
}

void SharedReturn::encode(GstBuffer* sum) {
  const std::uint64_t tick = tick_of(sum);
  run_ = tick == next_ ? run_ + 1 : 0;
  next_ = tick + 1;
  states_[tick % kStates] = {tick, stream_};
  const bool entry = entry_wanted_ && run_ >= kWarm;
  if (entry) entry_wanted_ = false;
  packets_[tick % kPackets] = {tick, encode_tick(stream_, sum, entry), entry};
}

}  // namespace spacecast
