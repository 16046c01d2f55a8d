// A ReturnSink that keeps what it is given, and hears it through libopus's own decoder. Any thread.
#pragma once

#include <gst/gst.h>
#include <opus.h>

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "mix/grid.h"
#include "pipelines/program_return.h"

namespace spacecast::test {

class KeepingSink : public ReturnSink {
 public:
  static constexpr GstClockTime kTick = 20 * GST_MSECOND;

  void take_audio(const Ref<GstSample>& packet) override {
    const MutexLock lock(mutex_);
    packets_.push_back(packet);
  }
  void take_video(const Ref<GstSample>& unit) override {
    const MutexLock lock(mutex_);
    units_.push_back(unit);
  }

  [[nodiscard]] std::vector<Ref<GstSample>> packets() const {
    const MutexLock lock(mutex_);
    return packets_;
  }
  [[nodiscard]] std::vector<Ref<GstSample>> units() const {
    const MutexLock lock(mutex_);
    return units_;
  }

  // Of each packet.
  [[nodiscard]] std::vector<guint64> ticks() const {
    std::vector<guint64> ticks;
    for (const auto& packet : packets()) ticks.push_back(tick_of(packet));
    return ticks;
  }
  // Of the packets that do not continue what was before.
  [[nodiscard]] std::vector<guint64> disconts() const {
    std::vector<guint64> ticks;
    for (const auto& packet : packets()) {
      if (GST_BUFFER_FLAG_IS_SET(gst_sample_get_buffer(packet.get()), GST_BUFFER_FLAG_DISCONT)) {
        ticks.push_back(tick_of(packet));
      }
    }
    return ticks;
  }
  [[nodiscard]] std::vector<mix::Frame> decoded() const {
    const std::unique_ptr<OpusDecoder, decltype(&opus_decoder_destroy)> decoder(
        opus_decoder_create(static_cast<opus_int32>(mix::kRate), 2, nullptr), opus_decoder_destroy);
    std::vector<mix::Frame> frames;
    for (const auto& packet : packets()) {
      GstBuffer* buffer = gst_sample_get_buffer(packet.get());
      GstMapInfo map;
      REQUIRE(gst_buffer_map(buffer, &map, GST_MAP_READ));
      frames.resize(frames.size() + mix::kTickFrames);
      CHECK(opus_decode_float(decoder.get(), map.data, static_cast<opus_int32>(map.size),
                              &frames[frames.size() - mix::kTickFrames].left, mix::kTickFrames,
                              0) == static_cast<int>(mix::kTickFrames));
      gst_buffer_unmap(buffer, &map);
    }
    return frames;
  }

 private:
  static guint64 tick_of(const Ref<GstSample>& packet) {
    return GST_BUFFER_PTS(gst_sample_get_buffer(packet.get())) / kTick;
  }

  mutable Mutex mutex_;
  std::vector<Ref<GstSample>> packets_ SPACECAST_GUARDED_BY(mutex_);
  std::vector<Ref<GstSample>> units_ SPACECAST_GUARDED_BY(mutex_);
};

}  // namespace spacecast::test
