#include "plugins/stagemix/to_frames.h"

namespace spacecast {

static_assert(sizeof(mix::Frame) == 2 * sizeof(float), "frames are interleaved F32 stereo");

bool ToFrames::set_format(const GstAudioInfo& format) {
  GstAudioInfo own;
  gst_audio_info_set_format(&own, GST_AUDIO_FORMAT_F32LE, static_cast<gint>(mix::kRate), 2,
                            nullptr);
  GstAudioInfo in = format;
  converter_.reset(gst_audio_converter_new(GST_AUDIO_CONVERTER_FLAG_NONE, &in, &own, nullptr));
  format_ = format;
  frames_in_ = frames_out_ = 0;
  return static_cast<bool>(converter_);
}

void ToFrames::reset() {
  if (converter_) gst_audio_converter_reset(converter_.get());
  frames_in_ = frames_out_ = 0;
}

ToFrames::Block ToFrames::convert(std::span<guint8> data, GstClockTime time) {
  const std::size_t in = data.size() / static_cast<std::size_t>(GST_AUDIO_INFO_BPF(&format_));
  frames_.resize(gst_audio_converter_get_out_frames(converter_.get(), in));
  gpointer from[] = {data.data()};
  gpointer to[] = {frames_.data()};
  if (!gst_audio_converter_samples(converter_.get(), GST_AUDIO_CONVERTER_FLAG_NONE, from, in, to,
                                   frames_.size())) {
    return {time, {}};
  }
  const auto in_rate = static_cast<guint64>(GST_AUDIO_INFO_RATE(&format_));
  const GstClockTime taken = gst_util_uint64_scale(frames_in_, GST_SECOND, in_rate);
  const GstClockTime given = gst_util_uint64_scale(frames_out_, GST_SECOND, mix::kRate);
  frames_in_ += in;
  frames_out_ += frames_.size();
  const GstClockTime held = taken > given ? taken - given : 0;
  return {time > held ? time - held : 0, frames_};
}

}  // namespace spacecast
