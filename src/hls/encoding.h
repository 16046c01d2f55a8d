// What one encoder makes of a rendition: its codec data, the place of each of its frames on the
// timeline, and the boxes around them. A rendition whose encoder changes gets another one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "base/error.h"
#include "base/media_time.h"
#include "hls/frame_timeline.h"
#include "hls/part_cutter.h"
#include "hls/store.h"
#include "media/aac.h"
#include "media/avc.h"
#include "media/cmaf_muxer.h"

namespace spacecast::hls {

struct AccessUnit {
  // On the presentation's time line; `dts` is not after `pts`.
  MediaTime pts{}, dts{};
  ByteVector data;
};

struct VideoTrack {
  media::AvcConfig config;
  std::uint32_t width = 0, height = 0;
  // Frames a second as a fraction; 0 where not known (taken to be 30).
  std::uint32_t rate_num = 0, rate_den = 1;
  // As far as an init section tells.
  [[nodiscard]] bool same_as(const VideoTrack& other) const;
};

struct AudioTrack {
  media::AacConfig config;
  std::uint32_t channels = 2;
  [[nodiscard]] bool same_as(const AudioTrack& other) const;
};

class Encoding {
 public:
  // A frame that can be used.
  struct Frame {
    MediaTime time{};  // Of decoding, moved so that the first frame's is that of its presentation.
    AccessUnit unit;
    bool independent = false;
  };
  struct Chunk {
    Bytes bytes;
    std::uint32_t i_frame_size = 0;  // As in Part.
  };

  // Fails on frames so long that a part holds no two of them, and on what the muxer refuses.
  [[nodiscard]] static Result<std::shared_ptr<Encoding>> create(VideoTrack track,
                                                                MediaTime part_target);
  [[nodiscard]] static Result<std::shared_ptr<Encoding>> create(AudioTrack track,
                                                                MediaTime part_target);

  [[nodiscard]] bool is_of(const VideoTrack& track) const;
  [[nodiscard]] bool is_of(const AudioTrack& track) const;
  // Without name and bandwidth.
  [[nodiscard]] const RenditionInfo& info() const { return info_; }
  [[nodiscard]] const Bytes& init_section() const { return muxer_.init_segment(); }
  [[nodiscard]] double frames_per_second() const;
  [[nodiscard]] const PartCutter::Config& cutting() const { return cutting_; }

  // Whether frames have come, but none of use: the IDR before them is missing.
  [[nodiscard]] bool needs_idr() const { return needs_idr_; }
  // Nothing for what comes before the first IDR, and for an access unit without a picture. Fails on
  // one that is malformed.
  [[nodiscard]] Result<std::optional<Frame>> inspect(AccessUnit unit);
  // In order. Nothing for a frame that goes backwards in time.
  [[nodiscard]] std::optional<media::Ticks> place(MediaTime time) { return timeline_.place(time); }

  // Adds a frame to the chunk in progress.
  [[nodiscard]] Result<void> write(const Frame& frame, media::Ticks start, media::Ticks duration);
  [[nodiscard]] Result<Chunk> flush();

 private:
  using Track = std::variant<VideoTrack, AudioTrack>;

  Encoding(Track track, RenditionInfo info, PartCutter::Config cutting, media::CmafMuxer muxer);
  [[nodiscard]] static Result<media::CmafMuxer> make_muxer(const Track& track);
  [[nodiscard]] static Result<std::shared_ptr<Encoding>> create(Track track, RenditionInfo info,
                                                                PartCutter::Config cutting);

  Track track_;
  RenditionInfo info_;
  PartCutter::Config cutting_;
  media::CmafMuxer muxer_;
  FrameTimeline timeline_;
  bool begun_ = false, needs_idr_ = false;
  MediaTime reorder_{};  // pts - dts of the first IDR; of sound 0.
  std::optional<media::Ticks> written_;
  // Of the chunk in progress: the first sample, and all of them.
  std::uint64_t first_size_ = 0, payload_ = 0;
  bool first_independent_ = false;
};

}  // namespace spacecast::hls
