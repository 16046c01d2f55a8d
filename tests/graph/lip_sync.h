// What lip sync is measured with: a clip whose picture is white and whose sound is a tone at the
// same moments, once a second, and the same moments found again in what is decoded. Times are those
// of the samples' own timestamps.
#pragma once

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/media_time.h"
#include "gstx/ref.h"
#include "pipelines/clip.h"
#include "tests/graph/recording.h"

namespace spacecast::test {

inline constexpr unsigned kSoundRate = 48000;
// In each second of the clip: white, and a tone of 1 kHz.
inline constexpr MediaTime kFlashAt = std::chrono::milliseconds(500);
inline constexpr MediaTime kFlashLength = std::chrono::milliseconds(100);

// A second of it. Every frame is a keyframe: a simulated speaker who is asked for one would play
// the clip from the last one again, and its picture would lag behind its sound until the next.
inline std::shared_ptr<const Clip> flashing_picture(unsigned rate, int width, int height) {
  const auto feed = [&](GstAppSrc* in) {
    for (guint64 i = 0; i < rate; ++i) {
      const auto pts = gst_util_uint64_scale(i, GST_SECOND, rate);
      const MediaTime at(static_cast<std::int64_t>(pts));
      const auto area = static_cast<gsize>(width * height);
      GstBuffer* buffer = gst_buffer_new_allocate(nullptr, area * 3 / 2, nullptr);
      gst_buffer_memset(buffer, 0, at >= kFlashAt && at < kFlashAt + kFlashLength ? 235 : 16, area);
      gst_buffer_memset(buffer, area, 128, area / 2);
      GST_BUFFER_PTS(buffer) = pts;
      GST_BUFFER_DURATION(buffer) = gst_util_uint64_scale(i + 1, GST_SECOND, rate) - pts;
      gst_app_src_push_buffer(in, buffer);
    }
  };
  return record_clip(
      "appsrc name=in format=time caps=video/x-raw,format=I420,width=" + std::to_string(width) +
          ",height=" + std::to_string(height) + ",framerate=" + std::to_string(rate) +
          "/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=1 ! "
          "video/x-h264,profile=constrained-baseline "
          "! h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au "
          "! appsink name=out sync=false",
      feed);
}

inline std::shared_ptr<const Clip> beeping_sound() {
  const auto samples = [](MediaTime time) {
    return static_cast<std::size_t>(time.count() * kSoundRate / GST_SECOND);
  };
  std::vector<float> sound(kSoundRate);
  for (std::size_t i = 0; i < samples(kFlashLength); ++i) {
    const double phase = 2 * std::numbers::pi * 1000 * double(i) / kSoundRate;
    sound[samples(kFlashAt) + i] = 0.5F * static_cast<float>(std::sin(phase));
  }
  return record_clip(
      "appsrc name=in format=time caps=audio/x-raw,format=F32LE,rate=48000,channels=1,"
      "layout=interleaved ! audioconvert ! opusenc bitrate=64000 ! opusparse "
      "! appsink name=out sync=false",
      [&](GstAppSrc* in) {
        GstBuffer* buffer = gst_buffer_new_memdup(sound.data(), sound.size() * sizeof(float));
        GST_BUFFER_PTS(buffer) = 0;
        gst_app_src_push_buffer(in, buffer);
      });
}

// A flash or a burst: [begin, end).
struct Mark {
  MediaTime begin{}, end{};
  [[nodiscard]] MediaTime length() const { return end - begin; }
};

// Finds stretches above a threshold in a stream of values.
class MarkFinder {
 public:
  // Shorter pauses than `pause` do not end a stretch.
  explicit MarkFinder(MediaTime pause) : pause_(pause) {}
  void add(MediaTime time, MediaTime duration, bool on) {
    if (!on) return;
    if (marks_.empty() || time - marks_.back().end > pause_) marks_.push_back({time, time});
    marks_.back().end = time + duration;
  }
  [[nodiscard]] const std::vector<Mark>& marks() const { return marks_; }

 private:
  MediaTime pause_;
  std::vector<Mark> marks_;
};

// Of raw pictures, by their middle: borders and names do not count.
class FlashFinder {
 public:
  void add(GstSample* sample) {
    GstVideoInfo info;
    GstVideoFrame frame;
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) ||
        !gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ)) {
      return;
    }
    const auto* luma = static_cast<const guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0));
    const int middle = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0) * (info.height / 2) + info.width / 2;
    found_.add(MediaTime(GST_BUFFER_PTS(buffer)), MediaTime(GST_BUFFER_DURATION(buffer)),
               luma[middle] > 128);
    gst_video_frame_unmap(&frame);
  }
  [[nodiscard]] const std::vector<Mark>& marks() const { return found_.marks(); }

 private:
  MarkFinder found_{std::chrono::milliseconds(5)};
};

// Of raw sound: S16LE or F32LE, 48 kHz, any number of channels, of which the first counts. What is
// half as loud as the tone is the tone; a pause is longer than its half period.
class BurstFinder {
 public:
  void add(GstSample* sample) {
    GstAudioInfo info;
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    GstMapInfo map;
    if (!gst_audio_info_from_caps(&info, gst_sample_get_caps(sample)) ||
        !gst_buffer_map(buffer, &map, GST_MAP_READ)) {
      return;
    }
    const bool integer = GST_AUDIO_INFO_IS_INTEGER(&info);
    for (gsize i = 0; (i + 1) * GST_AUDIO_INFO_BPF(&info) <= map.size; ++i) {
      const auto* bytes = map.data + i * GST_AUDIO_INFO_BPF(&info);
      const float value = integer ? to_float(GST_READ_UINT16_LE(bytes)) : GST_READ_FLOAT_LE(bytes);
      const MediaTime at(static_cast<std::int64_t>(
          GST_BUFFER_PTS(buffer) + gst_util_uint64_scale(i, GST_SECOND, kSoundRate)));
      found_.add(at, kSample, std::abs(value) > 0.25F);
    }
    gst_buffer_unmap(buffer, &map);
  }
  [[nodiscard]] const std::vector<Mark>& marks() const { return found_.marks(); }

 private:
  static constexpr MediaTime kSample{GST_SECOND / kSoundRate};
  static float to_float(guint16 sample) { return static_cast<gint16>(sample) / 32768.0F; }

  MarkFinder found_{std::chrono::milliseconds(5)};
};

// A flash and the burst that belongs to it.
struct Pair {
  MediaTime at{};      // Of the burst.
  MediaTime offset{};  // By how much the picture comes later than the sound.
};

// Of bursts and flashes that are whole: one that begins with a switch says nothing of its
// beginning.
inline std::vector<Pair> pair_marks(std::span<const Mark> flashes, std::span<const Mark> bursts) {
  constexpr MediaTime kNear = std::chrono::milliseconds(450);
  std::vector<Pair> pairs;
  for (const Mark& burst : bursts) {
    if (burst.length() < kFlashLength - std::chrono::milliseconds(8)) continue;
    const auto distance = [&](const Mark& flash) {
      return std::chrono::abs(flash.begin - burst.begin);
    };
    const auto flash = std::ranges::min_element(flashes, {}, distance);
    if (flash == flashes.end() || distance(*flash) > kNear) continue;
    if (flash->length() < kFlashLength - std::chrono::milliseconds(8)) continue;
    pairs.push_back({burst.begin, flash->begin - burst.begin});
  }
  return pairs;
}

inline double in_ms(MediaTime time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace spacecast::test
