#include "media/cmaf_muxer.h"

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
}

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace spacecast::media {
namespace {

constexpr int kIoBuffer = 32 * 1024;
constexpr std::int64_t kMaxStep = std::numeric_limits<std::int32_t>::max() - 1;
constexpr std::size_t kMaxSample = 64U << 20;

std::string av_error(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

std::unexpected<Error> av_fail(const char* what, int code) {
  return fail(ErrorCode::kInternal, fmt::format("libavformat: {}: {}", what, av_error(code)));
}

struct FormatDeleter {
  void operator()(AVFormatContext* format) const {
    if (format->pb != nullptr) {
      // avio may have replaced the buffer it was given.
      av_freep(&format->pb->buffer);
      avio_context_free(&format->pb);
    }
    avformat_free_context(format);
  }
};

struct PacketDeleter {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};

int collect(void* opaque, std::uint8_t* data, int size) {
  auto& output = *static_cast<ByteVector*>(opaque);
  output.insert(output.end(), data, data + size);
  return size;
}

}  // namespace

struct CmafMuxer::Impl {
  // Written by libavformat until taken; declared first, as freeing the format may still write.
  ByteVector output;
  std::unique_ptr<AVFormatContext, FormatDeleter> format;
  std::unique_ptr<AVPacket, PacketDeleter> packet;
  Bytes init;
  std::uint32_t timescale = 0;
  bool chunk_open = false;
  std::optional<std::int64_t> last_dts;

  [[nodiscard]] Result<AVCodecParameters*> open(std::uint32_t ticks_per_second,
                                                const ByteVector& record);
  [[nodiscard]] Result<void> write_header();
};

Result<AVCodecParameters*> CmafMuxer::Impl::open(std::uint32_t ticks_per_second,
                                                 const ByteVector& record) {
  timescale = ticks_per_second;
  AVFormatContext* context = nullptr;
  if (const int code = avformat_alloc_output_context2(&context, nullptr, "mp4", nullptr);
      code < 0) {
    return av_fail("mp4 muxer", code);
  }
  format.reset(context);
  packet.reset(av_packet_alloc());
  auto* buffer = static_cast<unsigned char*>(av_malloc(kIoBuffer));
  if (buffer != nullptr) {
    context->pb = avio_alloc_context(buffer, kIoBuffer, 1, &output, nullptr, collect, nullptr);
    if (context->pb == nullptr) av_free(buffer);
  }
  AVStream* stream = avformat_new_stream(context, nullptr);
  if (!packet || context->pb == nullptr || stream == nullptr) {
    return av_fail("mp4 muxer", AVERROR(ENOMEM));
  }
  // No encoder name in the bytes, and no shifting of timestamps: tfdt is what we say it is.
  context->flags |= AVFMT_FLAG_BITEXACT;
  context->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
  stream->time_base = AVRational{1, static_cast<int>(ticks_per_second)};
  AVCodecParameters* parameters = stream->codecpar;
  parameters->extradata =
      static_cast<std::uint8_t*>(av_mallocz(record.size() + AV_INPUT_BUFFER_PADDING_SIZE));
  if (parameters->extradata == nullptr) return av_fail("codec data", AVERROR(ENOMEM));
  parameters->extradata_size = static_cast<int>(record.size());
  std::copy(record.begin(), record.end(), parameters->extradata);
  return parameters;
}

Result<void> CmafMuxer::Impl::write_header() {
  AVDictionary* options = nullptr;
  av_dict_set(&options, "movflags",
              "+cmaf+frag_custom+empty_moov+default_base_moof+negative_cts_offsets", 0);
  av_dict_set(&options, "use_editlist", "0", 0);
  av_dict_set(&options, "video_track_timescale", fmt::format("{}", timescale).c_str(), 0);
  const int code = avformat_write_header(format.get(), &options);
  av_dict_free(&options);
  if (code < 0) return av_fail("init segment", code);
  avio_flush(format->pb);
  if (format->streams[0]->time_base.num != 1 ||
      format->streams[0]->time_base.den != static_cast<int>(timescale)) {
    return fail(ErrorCode::kUnsupported, fmt::format("libavformat made the timescale {} of {}",
                                                     format->streams[0]->time_base.den, timescale));
  }
  init = make_bytes(std::exchange(output, {}));
  return {};
}

CmafMuxer::CmafMuxer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CmafMuxer::CmafMuxer(CmafMuxer&&) noexcept = default;
CmafMuxer& CmafMuxer::operator=(CmafMuxer&&) noexcept = default;
CmafMuxer::~CmafMuxer() = default;

Result<CmafMuxer> CmafMuxer::create_video(const AvcConfig& config, std::uint32_t width,
                                          std::uint32_t height) {
  if (width == 0 || height == 0 || width > 16384 || height > 16384) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("video of {}x{}: 1 to 16384 are allowed", width, height));
  }
  auto impl = std::make_unique<Impl>();
  auto parameters = impl->open(kVideoTimescale, config.record);
  if (!parameters) return std::unexpected(parameters.error());
  (*parameters)->codec_type = AVMEDIA_TYPE_VIDEO;
  (*parameters)->codec_id = AV_CODEC_ID_H264;
  (*parameters)->width = static_cast<int>(width);
  (*parameters)->height = static_cast<int>(height);
  if (auto header = impl->write_header(); !header) return std::unexpected(header.error());
  return CmafMuxer(std::move(impl));
}

Result<CmafMuxer> CmafMuxer::create_audio(const AacConfig& config, std::uint32_t channels) {
  if (channels == 0 || channels > 8) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("audio of {} channels: 1 to 8 are allowed", channels));
  }
  auto impl = std::make_unique<Impl>();
  auto parameters = impl->open(config.rate, config.record);
  if (!parameters) return std::unexpected(parameters.error());
  (*parameters)->codec_type = AVMEDIA_TYPE_AUDIO;
  (*parameters)->codec_id = AV_CODEC_ID_AAC;
  (*parameters)->sample_rate = static_cast<int>(config.rate);
  (*parameters)->frame_size = static_cast<int>(config.samples_per_frame);
  av_channel_layout_default(&(*parameters)->ch_layout, static_cast<int>(channels));
  if (auto header = impl->write_header(); !header) return std::unexpected(header.error());
  return CmafMuxer(std::move(impl));
}

const Bytes& CmafMuxer::init_segment() const {
  return impl_->init;
}
std::uint32_t CmafMuxer::timescale() const {
  return impl_->timescale;
}

Result<void> CmafMuxer::write(const Sample& sample) {
  const auto& last = impl_->last_dts;
  const bool in_order = !last || (sample.dts > *last && sample.dts - *last <= kMaxStep);
  if (sample.data.empty() || sample.data.size() > kMaxSample || sample.duration <= 0 ||
      sample.duration > kMaxStep || sample.pts < sample.dts || !in_order) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("sample of {} bytes with dts {}, pts {}, duration {} after dts {}",
                            sample.data.size(), sample.dts, sample.pts, sample.duration,
                            last.value_or(sample.dts)));
  }
  impl_->last_dts = sample.dts;
  if (!impl_->chunk_open) {
    // The muxer would otherwise count tfdt on from the chunk before, whatever the timestamp says.
    av_opt_set(impl_->format->priv_data, "movflags", "+frag_discont", 0);
    impl_->chunk_open = true;
  }
  AVPacket* packet = impl_->packet.get();
  if (const int code = av_new_packet(packet, static_cast<int>(sample.data.size())); code < 0) {
    return av_fail("sample", code);
  }
  std::memcpy(packet->data, sample.data.data(), sample.data.size());
  packet->stream_index = 0;
  packet->dts = sample.dts;
  packet->pts = sample.pts;
  packet->duration = sample.duration;
  if (sample.sync) packet->flags |= AV_PKT_FLAG_KEY;
  const int code = av_write_frame(impl_->format.get(), packet);
  av_packet_unref(packet);
  if (code < 0) return av_fail("sample", code);
  return {};
}

Result<ByteVector> CmafMuxer::flush() {
  if (!std::exchange(impl_->chunk_open, false)) {
    return fail(ErrorCode::kConflict, "a chunk needs at least one sample");
  }
  const int code = av_write_frame(impl_->format.get(), nullptr);
  if (code < 0) return av_fail("chunk", code);
  avio_flush(impl_->format->pb);
  return std::exchange(impl_->output, {});
}

}  // namespace spacecast::media
