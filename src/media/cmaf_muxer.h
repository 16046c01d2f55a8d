// One track of CMAF (ISO/IEC 23000-19) through libavformat: an init segment, then chunks.
//
// A chunk is one moof and one mdat of consecutive samples, addressed from the moof
// (default-base-is-moof, RFC 8216bis §3.1.2), with the tfdt that its first sample was given: the
// muxer keeps no timeline of its own, so a chunk may start anywhere and follow a gap. Chunks carry
// no sidx and no styp; concatenated, those of a segment are the segment.
//
// Not thread-safe; one owner.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/error.h"
#include "media/aac.h"
#include "media/avc.h"

namespace spacecast::media {

struct Sample {
  std::span<const std::uint8_t> data;  // Copied before write() returns.
  // In ticks of the track's timescale. `pts` is not before `dts`; `dts` is later than that of the
  // sample before, by less than 2^31 ticks (libavformat's limit: 6.6 h of video).
  std::int64_t dts = 0, pts = 0;
  std::int64_t duration = 0;
  bool sync = false;
};

class CmafMuxer {
 public:
  static constexpr std::uint32_t kVideoTimescale = 90000;

  [[nodiscard]] static Result<CmafMuxer> create_video(const AvcConfig& config, std::uint32_t width,
                                                      std::uint32_t height);
  // The timescale is the sampling rate, so that frames are whole numbers of ticks.
  [[nodiscard]] static Result<CmafMuxer> create_audio(const AacConfig& config,
                                                      std::uint32_t channels);
  CmafMuxer(CmafMuxer&&) noexcept;
  CmafMuxer& operator=(CmafMuxer&&) noexcept;
  ~CmafMuxer();

  // ftyp and moov, no samples.
  [[nodiscard]] const Bytes& init_segment() const;
  [[nodiscard]] std::uint32_t timescale() const;

  // Adds a sample to the chunk in progress.
  [[nodiscard]] Result<void> write(const Sample& sample);
  // Ends the chunk in progress, which has at least one sample.
  [[nodiscard]] Result<ByteVector> flush();

 private:
  struct Impl;
  explicit CmafMuxer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spacecast::media
