#include "app/command_detect.h"

#include <fmt/format.h>
#include <gst/app/gstappsink.h>
#include <gst/audio/audio.h>
#include <gst/gst.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "glibx/ref.h"
#include "glibx/signal.h"
#include "gstx/ref.h"
#include "speaker/detector.h"

namespace spacecast {
namespace {

using namespace std::chrono_literals;

constexpr MediaTime kRound = 1s;  // Files are heard in turns of so much; far less than is kept.
constexpr std::size_t kFilesMax = 64;
// Between two looks at the bus while samples are awaited.
constexpr GstClockTime kPatience = 50 * GST_MSECOND;

struct DetectOptions {
  std::vector<std::string> files;
  int lookahead_ms = 400;
};

// One file being decoded, no further than it is asked for.
class Recording {
 public:
  static Result<std::unique_ptr<Recording>> open(const std::string& file) {
    ErrorOut error;
    auto pipeline = Ref<GstElement>(gst_parse_launch(
        "filesrc name=file ! decodebin name=streams expose-all-streams=false caps=audio/x-raw(ANY) "
        "! audioconvert name=sound "
        "! audio/x-raw,format=F32LE,channels=1,layout=interleaved,rate=[4000,768000] "
        "! appsink name=out sync=false max-buffers=8",
        error.out()));
    if (!pipeline || error) return fail(ErrorCode::kInternal, error.message());
    return std::unique_ptr<Recording>(new Recording(file, std::move(pipeline)));
  }
  ~Recording() {
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    gst_bus_set_flushing(bus_.get(), TRUE);
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  [[nodiscard]] bool ended() const { return ended_; }

  // Gives the detector what the file has up to `until`.
  Result<void> hear(speaker::Detector& detector, speaker::SpeakerId id, MediaTime until) {
    while (!ended_ && position_ < until) {
      const auto sample = adopt(gst_app_sink_try_pull_sample(sink(), kPatience));
      if (auto fault = check(); !fault) return fault;
      if (sample) {
        push(detector, id, sample.get());
      } else {
        ended_ = gst_app_sink_is_eos(sink());
      }
    }
    return {};
  }

 private:
  Recording(const std::string& file, Ref<GstElement> pipeline)
      : file_(file), pipeline_(std::move(pipeline)) {
    const auto child = [bin = GST_BIN(pipeline_.get())](const char* name) {
      return adopt(gst_bin_get_by_name(bin, name));
    };
    bus_ = adopt(gst_element_get_bus(pipeline_.get()));
    out_ = child("out");
    g_object_set(child("file").get(), "location", file.c_str(), nullptr);
    // A file without sound would be waited for without end.
    missing_ = Signal::connect(
        child("streams").get(), "no-more-pads", [sound = child("sound")](GstElement*) {
          const auto pad = adopt(gst_element_get_static_pad(sound.get(), "sink"));
          if (gst_pad_is_linked(pad.get())) return;
          GST_ELEMENT_ERROR(sound.get(), STREAM, WRONG_TYPE, ("no sound in the file"), (nullptr));
        });
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  }

  [[nodiscard]] GstAppSink* sink() const { return GST_APP_SINK(out_.get()); }

  Result<void> check() {
    const auto message = adopt(gst_bus_pop_filtered(bus_.get(), GST_MESSAGE_ERROR));
    if (!message) return {};
    ErrorOut error;
    gst_message_parse_error(message.get(), error.out(), nullptr);
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", file_, error.message()));
  }

  void push(speaker::Detector& detector, speaker::SpeakerId id, GstSample* sample) {
    GstAudioInfo info;
    GstMapInfo map;
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    if (!gst_audio_info_from_caps(&info, gst_sample_get_caps(sample)) ||
        !gst_buffer_map(buffer, &map, GST_MAP_READ)) {
      return;
    }
    const auto rate = static_cast<unsigned>(GST_AUDIO_INFO_RATE(&info));
    const std::span samples(reinterpret_cast<const float*>(map.data), map.size / sizeof(float));
    // What has no timestamp follows what was before.
    if (GST_BUFFER_PTS_IS_VALID(buffer)) {
      const GstClockTime time = gst_segment_to_running_time(
          gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
      if (GST_CLOCK_TIME_IS_VALID(time)) position_ = MediaTime(static_cast<std::int64_t>(time));
    }
    detector.push(id, position_, rate, samples);
    position_ += MediaTime(
        static_cast<std::int64_t>(gst_util_uint64_scale(samples.size(), GST_SECOND, rate)));
    gst_buffer_unmap(buffer, &map);
  }

  const std::string file_;
  const Ref<GstElement> pipeline_;
  Ref<GstElement> out_;
  Ref<GstBus> bus_;
  Signal missing_;
  MediaTime position_{};
  bool ended_ = false;
};

double seconds(MediaTime time) {
  return std::chrono::duration<double>(time).count();
}

void print(const speaker::Decision& decision) {
  nlohmann::ordered_json line;
  line["speaker"] = nullptr;
  if (decision.speaker) line["speaker"] = *decision.speaker;
  line["onset"] = seconds(decision.onset);
  line["decided"] = seconds(decision.decided);
  line["cut"] = seconds(decision.cut);
  line["reason"] = to_string(decision.reason);
  fmt::print("{}\n", line.dump());
}

Result<void> detect(const DetectOptions& options) {
  speaker::Detector detector({.lookahead = std::chrono::milliseconds(options.lookahead_ms)});
  std::vector<std::unique_ptr<Recording>> recordings;
  for (const std::string& file : options.files) {
    auto recording = Recording::open(file);
    if (!recording) return std::unexpected(recording.error());
    detector.add(static_cast<speaker::SpeakerId>(recordings.size()));
    recordings.push_back(std::move(*recording));
  }
  const auto ended = [](const auto& recording) { return recording->ended(); };
  for (MediaTime until = kRound; !std::ranges::all_of(recordings, ended); until += kRound) {
    for (speaker::SpeakerId id = 0; id < recordings.size(); ++id) {
      auto heard = recordings[id]->hear(detector, id, until);
      if (!heard) return heard;
    }
    for (const speaker::Decision& decision : detector.advance(until)) print(decision);
  }
  return {};
}

}  // namespace

void add_detect_command(CLI::App& app, int& status) {
  auto options = std::make_shared<DetectOptions>();
  CLI::App* command = app.add_subcommand(
      "detect", "Decides from recordings, one file per speaker, who is on air from when on");
  command
      ->add_option("files", options->files,
                   "Sound of one speaker each, all from the same moment on")
      ->required()
      ->expected(1, static_cast<int>(kFilesMax))
      ->check(CLI::ExistingFile);
  command
      ->add_option("--lookahead", options->lookahead_ms,
                   "How far a cut may lie before its decision, in milliseconds")
      ->capture_default_str()
      ->check(CLI::Range(0, 2000));
  command->callback([options, &status] {
    const auto detected = detect(*options);
    if (!detected) fmt::print(stderr, "spacecast: {}\n", detected.error().message);
    status = detected ? 0 : 1;
  });
}

}  // namespace spacecast
