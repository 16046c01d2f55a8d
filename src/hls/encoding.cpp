#include "hls/encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace spacecast::hls {
namespace {

constexpr std::uint32_t kUnknownRate = 30;
// A muxer bridges less than 2^31 ticks: after a silence of hours another one goes on.
constexpr media::Ticks kFarApart = media::Ticks{1} << 30;

double seconds(MediaTime time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

bool VideoTrack::same_as(const VideoTrack& other) const {
  return config.record == other.config.record && width == other.width && height == other.height;
}

bool AudioTrack::same_as(const AudioTrack& other) const {
  return config.record == other.config.record && channels == other.channels;
}

Result<std::shared_ptr<Encoding>> Encoding::create(VideoTrack track, MediaTime part_target) {
  const bool rate_known = track.rate_num > 0 && track.rate_den > 0;
  const std::uint32_t num = rate_known ? track.rate_num : kUnknownRate;
  const std::uint32_t den = rate_known ? track.rate_den : 1;
  constexpr std::int64_t kTimescale = media::CmafMuxer::kVideoTimescale;
  return create(Track(track),
                {.kind = MediaKind::kVideo,
                 .codecs = track.config.codec(),
                 .width = track.width,
                 .height = track.height,
                 .frame_rate = static_cast<double>(num) / den},
                {.timescale = media::CmafMuxer::kVideoTimescale,
                 .frame = (kTimescale * den + num / 2) / num,
                 .part_target = part_target});
}

Result<std::shared_ptr<Encoding>> Encoding::create(AudioTrack track, MediaTime part_target) {
  return create(
      Track(track),
      {.kind = MediaKind::kAudio, .codecs = track.config.codec(), .channels = track.channels},
      {.timescale = track.config.rate,
       .frame = track.config.samples_per_frame,
       .part_target = part_target,
       .every_frame_independent = true});
}

Result<std::shared_ptr<Encoding>> Encoding::create(Track track, RenditionInfo info,
                                                   PartCutter::Config cutting) {
  auto muxer = make_muxer(track);
  if (!muxer) return std::unexpected(muxer.error());
  const MediaTime frame = media::to_media_time(cutting.frame, cutting.timescale);
  if (cutting.frame <= 0 || 2 * frame > cutting.part_target) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("frames of {} s; a part of {} s has to hold two at least",
                            seconds(frame), seconds(cutting.part_target)));
  }
  return std::shared_ptr<Encoding>(
      new Encoding(std::move(track), std::move(info), cutting, std::move(*muxer)));
}

Result<media::CmafMuxer> Encoding::make_muxer(const Track& track) {
  if (const auto* video = std::get_if<VideoTrack>(&track)) {
    return media::CmafMuxer::create_video(video->config, video->width, video->height);
  }
  const auto& audio = std::get<AudioTrack>(track);
  return media::CmafMuxer::create_audio(audio.config, audio.channels);
}

Encoding::Encoding(Track track, RenditionInfo info, PartCutter::Config cutting,
                   media::CmafMuxer muxer)
    : track_(std::move(track)),
      info_(std::move(info)),
      cutting_(cutting),
      muxer_(std::move(muxer)),
      timeline_(cutting.timescale, cutting.frame,
                cutting.every_frame_independent ? FrameTimeline::Kind::kCounted
                                                : FrameTimeline::Kind::kJittery) {}

bool Encoding::is_of(const VideoTrack& track) const {
  const auto* own = std::get_if<VideoTrack>(&track_);
  return own && own->same_as(track);
}

bool Encoding::is_of(const AudioTrack& track) const {
  const auto* own = std::get_if<AudioTrack>(&track_);
  return own && own->same_as(track);
}

double Encoding::frames_per_second() const {
  return static_cast<double>(cutting_.timescale) / static_cast<double>(cutting_.frame);
}

Result<std::optional<Encoding::Frame>> Encoding::inspect(AccessUnit unit) {
  Frame frame{unit.pts, std::move(unit), true};
  if (const auto* video = std::get_if<VideoTrack>(&track_)) {
    const std::uint8_t length_size = video->config.length_size;
    const auto seen = media::inspect_avc(frame.unit.data, length_size);
    if (!seen) return std::unexpected(seen.error());
    frame.independent = seen->idr;
    if (seen->parameter_sets) {
      frame.unit.data = media::without_parameter_sets(frame.unit.data, length_size);
    }
    frame.unit.dts = std::min(frame.unit.dts, frame.unit.pts);
    if (!begun_) {
      needs_idr_ = !seen->idr;
      if (needs_idr_) return std::nullopt;
      reorder_ = frame.unit.pts - frame.unit.dts;
    }
    frame.time = frame.unit.dts + reorder_;
  }
  if (frame.unit.data.empty()) return std::nullopt;
  begun_ = true;
  return frame;
}

Result<void> Encoding::write(const Frame& frame, media::Ticks start, media::Ticks duration) {
  const bool first = payload_ == 0;
  if (first && start - written_.value_or(start) > kFarApart) {
    auto muxer = make_muxer(track_);
    if (!muxer) return std::unexpected(muxer.error());
    muxer_ = std::move(*muxer);
  }
  media::Sample sample;
  sample.data = frame.unit.data;
  sample.duration = duration;
  sample.sync = frame.independent;
  // Decoding times were moved by the first frame's reordering; here that is taken off.
  const media::Ticks moved = media::to_ticks(reorder_, cutting_.timescale);
  const media::Ticks shown = media::to_ticks(frame.unit.pts - frame.time, cutting_.timescale);
  sample.dts = start - moved;
  sample.pts = std::max(start + shown, sample.dts);
  if (auto done = muxer_.write(sample); !done) return done;
  if (first) {
    first_size_ = frame.unit.data.size();
    first_independent_ = frame.independent;
  }
  payload_ += frame.unit.data.size();
  written_ = start;
  return {};
}

Result<Encoding::Chunk> Encoding::flush() {
  auto bytes = muxer_.flush();
  if (!bytes) return std::unexpected(bytes.error());
  // An mdat holds the samples one after the other and ends the chunk.
  const std::uint64_t after_first = std::exchange(payload_, 0) - first_size_;
  Chunk chunk;
  if (info_.kind == MediaKind::kVideo && first_independent_) {
    chunk.i_frame_size = static_cast<std::uint32_t>(bytes->size() - after_first);
  }
  chunk.bytes = make_bytes(std::move(*bytes));
  return chunk;
}

}  // namespace spacecast::hls
