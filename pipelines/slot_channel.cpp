#include "pipelines/slot_channel.h"

#include <fmt/format.h>
#include <gst/app/gstappsrc.h>

#include <utility>

namespace spacecast {
namespace {

// What waits in front of an element that lags; the oldest goes first.
constexpr GstClockTime kAudioQueue = 500 * GST_MSECOND;
constexpr guint64 kVideoQueueFrames = 8;
// How late a sample may come: what a speaker's jitter buffer waits for a packet at most. The stage
// and the mixer plan with it; otherwise it would come out of the look-ahead.
constexpr GstClockTime kSampleDelay = 150 * GST_MSECOND;

Ref<GstElement> make_source(GstElement* pipeline, const std::string& name) {
  Ref<GstElement> source(gst_element_factory_make("appsrc", name.c_str()));
  if (!source) return source;
  g_object_set(source.get(), "format", GST_FORMAT_TIME, "is-live", TRUE, "block", FALSE,
               "max-bytes", guint64{0}, "leaky-type", GST_APP_LEAKY_TYPE_DOWNSTREAM, "min-latency",
               gint64{kSampleDelay}, nullptr);
  gst_bin_add(GST_BIN(pipeline), source.get());
  return source;
}

bool link(GstElement* source, GstPad* sink) {
  const auto pad = adopt(gst_element_get_static_pad(source, "src"));
  return GST_PAD_LINK_SUCCESSFUL(gst_pad_link(pad.get(), sink));
}

void push(GstElement* source, GstSample* sample) {
  // Refused only while the program shuts down; the sample is then of no use to anyone.
  gst_app_src_push_sample(GST_APP_SRC(source), sample);
}

}  // namespace

Result<std::shared_ptr<SlotChannel>> SlotChannel::create(GstElement* pipeline, GstElement* stage,
                                                         GstElement* mix,
                                                         std::shared_ptr<ScreenOrder> screens,
                                                         unsigned index) {
  std::shared_ptr<SlotChannel> slot(new SlotChannel());
  slot->index_ = index;
  slot->screens_ = std::move(screens);
  slot->detector_audio_ = make_source(pipeline, fmt::format("slot_{}_detect", index));
  slot->mixer_audio_ = make_source(pipeline, fmt::format("slot_{}_mix", index));
  slot->video_ = make_source(pipeline, fmt::format("slot_{}_video", index));
  slot->screen_ = make_source(pipeline, fmt::format("slot_{}_screen", index));
  if (!slot->detector_audio_ || !slot->mixer_audio_ || !slot->video_ || !slot->screen_) {
    return fail(ErrorCode::kInternal, "appsrc is missing: install gstreamer1.0-plugins-base");
  }
  for (const auto& source : {slot->detector_audio_, slot->mixer_audio_}) {
    g_object_set(source.get(), "max-time", guint64{kAudioQueue}, nullptr);
  }
  for (const auto& source : {slot->video_, slot->screen_}) {
    g_object_set(source.get(), "max-buffers", kVideoQueueFrames, nullptr);
  }

  slot->stage_audio_pad_ =
      adopt(gst_element_request_pad_simple(stage, fmt::format("audio_{}", index).c_str()));
  slot->stage_video_pad_ =
      adopt(gst_element_request_pad_simple(stage, fmt::format("video_{}", index).c_str()));
  slot->stage_screen_pad_ =
      adopt(gst_element_request_pad_simple(stage, fmt::format("screen_{}", index).c_str()));
  const auto mix_pad =
      adopt(gst_element_request_pad_simple(mix, fmt::format("sink_{}", index).c_str()));
  if (!slot->stage_audio_pad_ || !slot->stage_video_pad_ || !slot->stage_screen_pad_ || !mix_pad ||
      !link(slot->detector_audio_.get(), slot->stage_audio_pad_.get()) ||
      !link(slot->video_.get(), slot->stage_video_pad_.get()) ||
      !link(slot->screen_.get(), slot->stage_screen_pad_.get()) ||
      !link(slot->mixer_audio_.get(), mix_pad.get())) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("program: slot {} cannot be linked; 'stage' must be an activespeaker and "
                    "'mix' a stagemix with pads {} free",
                    index, index));
  }
  g_object_set(slot->stage_audio_pad_.get(), "active", FALSE, nullptr);
  g_object_set(slot->stage_screen_pad_.get(), "active", FALSE, nullptr);
  return slot;
}

bool SlotChannel::acquire(const std::string& name) {
  MutexLock lock(mutex_);
  if (occupied_) return false;
  occupied_ = true;
  set_name(name);
  set_camera(true);
  g_object_set(stage_audio_pad_.get(), "active", TRUE, nullptr);
  return true;
}

void SlotChannel::release() {
  MutexLock lock(mutex_);
  set_screen(false);
  g_object_set(stage_audio_pad_.get(), "active", FALSE, nullptr);
  occupied_ = false;
}

void SlotChannel::push_audio(GstSample* sample) {
  push(detector_audio_.get(), sample);
  push(mixer_audio_.get(), sample);
}

void SlotChannel::push_video(GstSample* sample) {
  push(video_.get(), sample);
}

void SlotChannel::push_screen(GstSample* sample) {
  push(screen_.get(), sample);
}

void SlotChannel::set_camera(bool on) {
  g_object_set(stage_video_pad_.get(), "active", on ? TRUE : FALSE, nullptr);
}

void SlotChannel::set_screen(bool on) {
  screens_->set(stage_screen_pad_, on);
}

void SlotChannel::set_name(const std::string& name) {
  g_object_set(stage_audio_pad_.get(), "label", name.c_str(), nullptr);
}

}  // namespace spacecast
