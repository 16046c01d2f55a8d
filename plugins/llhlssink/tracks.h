// What the packager has to know, out of caps, tags and buffers.
#pragma once

#include <gst/gst.h>

#include <optional>

#include "base/error.h"
#include "hls/packager.h"

namespace spacecast {

// kInvalidArgument where a field that the element needs is missing, saying which.
[[nodiscard]] Result<hls::VideoTrack> video_track(const GstCaps* caps);
[[nodiscard]] Result<hls::AudioTrack> audio_track(const GstCaps* caps);

// What the encoder was told, in bit/s; 0 where its tags do not say.
[[nodiscard]] std::uint32_t nominal_bit_rate(const GstTagList* tags);

// A timestamp on the pipeline's running time, which may be negative; nothing for none.
[[nodiscard]] std::optional<MediaTime> running_time(const GstSegment& segment, GstClockTime time);

[[nodiscard]] ByteVector copy_bytes(GstBuffer* buffer);

}  // namespace spacecast
