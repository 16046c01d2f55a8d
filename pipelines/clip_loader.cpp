#include "pipelines/clip_loader.h"

#include <fmt/format.h>
#include <gst/app/gstappsink.h>

#include <array>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "glibx/signal.h"
#include "gstx/ref.h"

namespace spacecast {
namespace {

constexpr std::string_view kEncodeAudio =
    "audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=1 "
    "! opusenc bitrate=32000 frame-size=20 audio-type=voice ! opusparse";

// The picture keeps its shape: what does not fill 16:9 gets borders.
constexpr std::string_view kEncodeVideo =
    "videoconvertscale add-borders=true ! videorate "
    "! video/x-raw,format=I420,width=1280,height=720,framerate=30/1,pixel-aspect-ratio=1/1 "
    "! x264enc tune=zerolatency speed-preset=superfast bitrate=1500 vbv-buf-capacity=1000 "
    "key-int-max=30 option-string=scenecut=0 ! video/x-h264,profile=constrained-baseline";

constexpr std::string_view kParseVideo =
    "h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au";

// decodebin says when it knows all streams; parsebin 1.22 did not for a WAV file. Both may swallow
// the error of a demuxer that nobody listens to.
constexpr std::string_view kStreamsDecoded = "filesrc name=file ! decodebin name=streams streams.";
constexpr std::string_view kStreamsAsTheyAre =
    "filesrc name=file ! decodebin name=streams "
    "caps=\"video/x-h264;audio/x-opus;video/x-raw(ANY);audio/x-raw(ANY);text/x-raw\" streams.";

// Of each test picture.
struct Colours {
  std::uint32_t background;
  std::uint32_t ball;
};
constexpr std::array<Colours, kClipPatterns> kColours = {{
    {0xff14506e, 0xffffc857},
    {0xff7a2e3a, 0xff8fd3c8},
    {0xff2f5d3a, 0xfff2b5d4},
    {0xff4b3b78, 0xfff9e07f},
    {0xff8a5a19, 0xff9ad1f5},
    {0xff1d6b66, 0xffff9f80},
    {0xff6b2a66, 0xffb8e986},
    {0xff34495e, 0xffff7f7f},
    {0xff5b6b1f, 0xffd7b8ff},
    {0xff7b4a35, 0xff7fe0ff},
    {0xff20457c, 0xffffd9a0},
    {0xff5a3044, 0xffa8f0c0},
    {0xff3d3d3d, 0xffffffff},
}};

// Between two looks at the bus while frames are awaited.
constexpr GstClockTime kPatience = 50 * GST_MSECOND;

// What a pipeline made, and the caps of the first of it.
struct Recording {
  std::vector<ClipFrame> frames;
  Ref<GstCaps> caps;
};

Result<ClipFrame> to_frame(GstBuffer* buffer) {
  if (!GST_BUFFER_PTS_IS_VALID(buffer)) {
    return fail(ErrorCode::kInvalidArgument, "the stream has frames without a timestamp");
  }
  ClipFrame frame;
  frame.bytes.resize(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, frame.bytes.data(), frame.bytes.size());
  frame.pts = MediaTime(static_cast<std::int64_t>(GST_BUFFER_PTS(buffer)));
  if (GST_BUFFER_DURATION_IS_VALID(buffer)) {
    frame.duration = MediaTime(static_cast<std::int64_t>(GST_BUFFER_DURATION(buffer)));
  }
  frame.key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return frame;
}

// Files leave durations out, above all the last one's: a frame then lasts as long as until the
// next.
void fill_durations(std::vector<ClipFrame>& frames) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].duration > MediaTime::zero()) continue;
    if (i + 1 < frames.size()) {
      frames[i].duration = frames[i + 1].pts - frames[i].pts;
    } else if (i > 0) {
      frames[i].duration = frames[i - 1].duration;
    }
  }
}

Result<void> fault_on(GstBus* bus) {
  const auto message = adopt(gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR));
  if (!message) return {};
  // The debug text has several lines and GStreamer's source files in it: nothing for a user.
  ErrorOut error;
  gst_message_parse_error(message.get(), error.out(), nullptr);
  return fail(ErrorCode::kInvalidArgument, error.message());
}

Result<Recording> pull_all(GstAppSink* sink, GstBus* bus) {
  Recording recording;
  std::size_t bytes = 0;
  while (!gst_app_sink_is_eos(sink)) {
    const auto sample = adopt(gst_app_sink_try_pull_sample(sink, kPatience));
    if (!sample) {
      if (auto fault = fault_on(bus); !fault) return std::unexpected(fault.error());
      continue;
    }
    if (!recording.caps) recording.caps = Ref<GstCaps>(gst_sample_get_caps(sample.get()));
    auto frame = to_frame(gst_sample_get_buffer(sample.get()));
    if (!frame) return std::unexpected(frame.error());
    bytes += frame->bytes.size();
    const auto& frames = recording.frames;
    if (bytes > Clip::kBytesMax ||
        (!frames.empty() && frame->pts - frames.front().pts >= Clip::kLengthMax)) {
      break;
    }
    recording.frames.push_back(std::move(*frame));
  }
  // An error may overtake what ends the stream.
  if (auto fault = fault_on(bus); !fault) return std::unexpected(fault.error());
  fill_durations(recording.frames);
  return recording;
}

void fail_unless_linked(GstElement* wanted) {
  const auto pad = adopt(gst_element_get_static_pad(wanted, "sink"));
  if (gst_pad_is_linked(pad.get())) return;
  GST_ELEMENT_ERROR(wanted, STREAM, WRONG_TYPE, ("no such stream in the file"), (nullptr));
}

// Says so when all streams of a file are known and none of them is `wanted`: the pipeline would
// wait for ever for one.
Signal report_missing(const Ref<GstElement>& streams, const Ref<GstElement>& wanted) {
  return Signal::connect(streams.get(), "no-more-pads",
                         [wanted](GstElement*) { fail_unless_linked(wanted.get()); });
}

// Runs `description` to its end. Where `file` is not empty it has a filesrc named "file", an
// element "streams" that finds out what is in there, and an element "wanted" for the stream to
// take.
Result<Recording> record(const std::string& description, const std::string& file) {
  ErrorOut error;
  const auto pipeline = Ref<GstElement>(gst_parse_launch(
      (description + " ! appsink name=out sync=false max-buffers=200").c_str(), error.out()));
  if (!pipeline || error) return fail(ErrorCode::kInternal, error.message());
  const auto child = [bin = GST_BIN(pipeline.get())](const char* name) {
    return adopt(gst_bin_get_by_name(bin, name));
  };
  Signal missing;
  if (!file.empty()) {
    g_object_set(child("file").get(), "location", file.c_str(), nullptr);
    missing = report_missing(child("streams"), child("wanted"));
  }
  const auto sink = child("out");
  const auto bus = adopt(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  auto recording = pull_all(GST_APP_SINK(sink.get()), bus.get());
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  gst_bus_set_flushing(bus.get(), TRUE);
  return recording;
}

// Whether 42e01f describes the stream. Levels read "1", "1b", "1.1", ... in caps.
bool is_constrained_baseline(const GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  const char* profile = gst_structure_get_string(structure, "profile");
  const char* level = gst_structure_get_string(structure, "level");
  return profile && level && std::string_view(profile) == "constrained-baseline" &&
         std::strtod(level, nullptr) <= 3.1;
}

Result<std::shared_ptr<const Clip>> take_over_video(const std::string& file) {
  auto recording = record(fmt::format("{} ! capsfilter name=wanted caps=video/x-h264 ! {}",
                                      kStreamsAsTheyAre, kParseVideo),
                          file);
  if (!recording) return std::unexpected(recording.error());
  if (!recording->caps || !is_constrained_baseline(recording->caps.get())) {
    return fail(ErrorCode::kUnsupported, "no H.264 of constrained baseline up to level 3.1");
  }
  auto clip = Clip::create(std::move(recording->frames));
  if (clip && (*clip)->key_interval() > std::chrono::seconds(2)) {
    return fail(ErrorCode::kUnsupported, "key frames are more than two seconds apart");
  }
  return clip;
}

Result<std::shared_ptr<const Clip>> take_over_audio(const std::string& file) {
  auto recording = record(
      fmt::format(
          "{} ! capsfilter name=wanted caps=audio/x-opus,channel-mapping-family=0 ! opusparse",
          kStreamsAsTheyAre),
      file);
  if (!recording) return std::unexpected(recording.error());
  return Clip::create(std::move(recording->frames));
}

Result<std::shared_ptr<const Clip>> encode(std::string_view what, const std::string& source,
                                           const std::string& description,
                                           const std::string& file) {
  auto recording = record(description, file);
  if (!recording) {
    return fail(recording.error().code, fmt::format("{}: no {} that can be decoded: {}", source,
                                                    what, recording.error().message));
  }
  auto clip = Clip::create(std::move(recording->frames));
  if (!clip) return fail(clip.error().code, fmt::format("{}: {}", source, clip.error().message));
  return clip;
}

}  // namespace

Result<std::shared_ptr<const Clip>> load_audio_clip(const std::string& source, unsigned pattern) {
  assert(pattern < kClipPatterns);
  if (source == "tone" || source == "silence") {
    // Semitones from A3, so that two speakers' tones can be told apart.
    const double frequency = 220.0 * std::exp2(pattern / 12.0);
    return encode("audio", source,
                  fmt::format("audiotestsrc wave={} freq={:.3f} volume=0.25 samplesperbuffer=960 "
                              "num-buffers=250 ! audio/x-raw,rate=48000,channels=1 ! {}",
                              source == "tone" ? "sine" : "silence", frequency, kEncodeAudio),
                  "");
  }
  if (auto clip = take_over_audio(source)) return clip;
  return encode("audio", source,
                fmt::format("{} ! capsfilter name=wanted caps=audio/x-raw ! {}", kStreamsDecoded,
                            kEncodeAudio),
                source);
}

Result<std::shared_ptr<const Clip>> load_video_clip(const std::string& source, unsigned pattern) {
  assert(pattern < kClipPatterns);
  if (source == "test") {
    const Colours& colours = kColours[pattern];
    return encode("video", source,
                  fmt::format("videotestsrc num-buffers=120 pattern=ball motion=sweep "
                              "background-color={} foreground-color={} "
                              "! video/x-raw,width=1280,height=720,framerate=30/1 ! {} ! {}",
                              colours.background, colours.ball, kEncodeVideo, kParseVideo),
                  "");
  }
  if (auto clip = take_over_video(source)) return clip;
  return encode("video", source,
                fmt::format("{} ! capsfilter name=wanted caps=video/x-raw ! {} ! {}",
                            kStreamsDecoded, kEncodeVideo, kParseVideo),
                source);
}

}  // namespace spacecast
