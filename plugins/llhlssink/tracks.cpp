#include "plugins/llhlssink/tracks.h"

#include <span>
#include <utility>

namespace spacecast {
namespace {

Result<ByteVector> codec_data(const GstCaps* caps) {
  const GValue* value = gst_structure_get_value(gst_caps_get_structure(caps, 0), "codec_data");
  GstBuffer* buffer =
      value && GST_VALUE_HOLDS_BUFFER(value) ? gst_value_get_buffer(value) : nullptr;
  if (!buffer) {
    return fail(ErrorCode::kInvalidArgument,
                "the caps have no codec_data; a parser (h264parse, aacparse) in front adds it");
  }
  return copy_bytes(buffer);
}

}  // namespace

Result<hls::VideoTrack> video_track(const GstCaps* caps) {
  auto record = codec_data(caps);
  if (!record) return std::unexpected(record.error());
  auto config = media::parse_avc_config(*record);
  if (!config) return std::unexpected(config.error());
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  gint width = 0, height = 0, num = 0, den = 1;
  if (!gst_structure_get_int(structure, "width", &width) ||
      !gst_structure_get_int(structure, "height", &height) || width <= 0 || height <= 0) {
    return fail(ErrorCode::kInvalidArgument, "the caps have no width and height");
  }
  hls::VideoTrack track;
  track.config = std::move(*config);
  track.width = static_cast<std::uint32_t>(width);
  track.height = static_cast<std::uint32_t>(height);
  if (gst_structure_get_fraction(structure, "framerate", &num, &den) && num > 0 && den > 0) {
    track.rate_num = static_cast<std::uint32_t>(num);
    track.rate_den = static_cast<std::uint32_t>(den);
  }
  return track;
}

Result<hls::AudioTrack> audio_track(const GstCaps* caps) {
  auto record = codec_data(caps);
  if (!record) return std::unexpected(record.error());
  auto config = media::parse_aac_config(*record);
  if (!config) return std::unexpected(config.error());
  gint channels = static_cast<gint>(config->channels);
  gst_structure_get_int(gst_caps_get_structure(caps, 0), "channels", &channels);
  hls::AudioTrack track;
  track.config = std::move(*config);
  track.channels = static_cast<std::uint32_t>(channels);
  return track;
}

std::uint32_t nominal_bit_rate(const GstTagList* tags) {
  guint value = 0;
  // GST_TAG_BITRATE and GST_TAG_MAXIMUM_BITRATE are left alone: parsers set them to what they
  // happen to have measured, the latter over single frames.
  gst_tag_list_get_uint(tags, GST_TAG_NOMINAL_BITRATE, &value);
  return value;
}

std::optional<MediaTime> running_time(const GstSegment& segment, GstClockTime time) {
  guint64 running = 0;
  if (!GST_CLOCK_TIME_IS_VALID(time)) return std::nullopt;
  const gint sign = gst_segment_to_running_time_full(&segment, GST_FORMAT_TIME, time, &running);
  if (sign == 0 || running > static_cast<guint64>(G_MAXINT64)) return std::nullopt;
  return MediaTime(sign * static_cast<std::int64_t>(running));
}

ByteVector copy_bytes(GstBuffer* buffer) {
  ByteVector bytes(gst_buffer_get_size(buffer));
  bytes.resize(gst_buffer_extract(buffer, 0, bytes.data(), bytes.size()));
  return bytes;
}

}  // namespace spacecast
