#include "plugins/activespeaker/pads.h"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "plugins/activespeaker/activespeaker.h"

namespace spacecast {
namespace {

// What a pad carries besides GstPad. Beyond `stage` and `input` only its streaming thread uses it.
struct PadState {
  std::shared_ptr<Stage> stage;
  StageInput input;
  GstSegment segment;
  Ref<GstCaps> caps;
  GstAudioInfo audio;
  std::vector<float> mono;
  bool live = true;
};

}  // namespace
}  // namespace spacecast

using spacecast::adopt;
using spacecast::PadState;
using spacecast::Ref;
using spacecast::StageInput;

struct SpacecastActiveSpeakerPad {
  GstPad parent;
  PadState* state;
};
struct SpacecastActiveSpeakerPadClass {
  GstPadClass parent;
};

// The audio pad's own part; the properties are read under the object lock.
struct SpacecastActiveSpeakerAudioPad {
  SpacecastActiveSpeakerPad parent;
  char* speaker;
  gboolean active;
};
struct SpacecastActiveSpeakerAudioPadClass {
  SpacecastActiveSpeakerPadClass parent;
};
struct SpacecastActiveSpeakerVideoPad {
  SpacecastActiveSpeakerPad parent;
};
struct SpacecastActiveSpeakerVideoPadClass {
  SpacecastActiveSpeakerPadClass parent;
};

static GType spacecast_active_speaker_pad_get_type();
G_DEFINE_ABSTRACT_TYPE(SpacecastActiveSpeakerPad, spacecast_active_speaker_pad, GST_TYPE_PAD)
G_DEFINE_TYPE(SpacecastActiveSpeakerAudioPad, spacecast_active_speaker_audio_pad,
              spacecast_active_speaker_pad_get_type())
G_DEFINE_TYPE(SpacecastActiveSpeakerVideoPad, spacecast_active_speaker_video_pad,
              spacecast_active_speaker_pad_get_type())

#define GST_CAT_DEFAULT spacecast_active_speaker_debug

namespace {

enum : guint { kPropSpeaker = 1, kPropActive };

PadState& state_of(gpointer pad) {
  return *static_cast<SpacecastActiveSpeakerPad*>(pad)->state;
}

// Running time of a buffer. One without a usable timestamp is taken for now; one outside its
// segment has none.
GstClockTime running_time(const PadState& state, GstElement* element, GstBuffer* buffer) {
  if (state.segment.format != GST_FORMAT_TIME || !GST_BUFFER_PTS_IS_VALID(buffer)) {
    return gst_element_get_current_running_time(element);
  }
  return gst_segment_to_running_time(&state.segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
}

GstFlowReturn wait_for_pace(const PadState& state, GstClockTime time) {
  return state.live ? GST_FLOW_OK : state.stage->pace(state.input, time);
}

template <typename Sample>
float sample_at(const guint8* data, std::size_t index) {
  Sample sample;
  std::memcpy(&sample, data + index * sizeof sample, sizeof sample);
  if constexpr (std::is_same_v<Sample, float>) return sample;
  return static_cast<float>(sample) / 32768.0F;
}

template <typename Sample>
void downmix(const guint8* data, std::size_t channels, std::vector<float>& mono) {
  for (std::size_t i = 0; i < mono.size(); ++i) {
    float sum = 0;
    for (std::size_t channel = 0; channel < channels; ++channel) {
      sum += sample_at<Sample>(data, i * channels + channel);
    }
    mono[i] = sum / static_cast<float>(channels);
  }
}

GstFlowReturn audio_chain(GstPad* pad, GstObject* parent, GstBuffer* raw) {
  const auto buffer = adopt(raw);
  PadState& state = state_of(pad);
  if (!state.caps) return GST_FLOW_NOT_NEGOTIATED;
  const GstClockTime time = running_time(state, GST_ELEMENT(parent), buffer.get());
  if (!GST_CLOCK_TIME_IS_VALID(time)) return GST_FLOW_OK;
  if (const auto paced = wait_for_pace(state, time); paced != GST_FLOW_OK) return paced;

  GstMapInfo map;
  if (!gst_buffer_map(buffer.get(), &map, GST_MAP_READ)) return GST_FLOW_ERROR;
  const auto channels = static_cast<std::size_t>(GST_AUDIO_INFO_CHANNELS(&state.audio));
  state.mono.resize(map.size / static_cast<std::size_t>(GST_AUDIO_INFO_BPF(&state.audio)));
  if (GST_AUDIO_INFO_FORMAT(&state.audio) == GST_AUDIO_FORMAT_F32LE) {
    downmix<float>(map.data, channels, state.mono);
  } else {
    downmix<gint16>(map.data, channels, state.mono);
  }
  gst_buffer_unmap(buffer.get(), &map);
  const auto rate = static_cast<unsigned>(GST_AUDIO_INFO_RATE(&state.audio));
  const GstClockTime end = time + gst_util_uint64_scale(state.mono.size(), GST_SECOND, rate);
  return state.stage->push_audio(state.input, time, end, rate, state.mono);
}

GstFlowReturn video_chain(GstPad* pad, GstObject* parent, GstBuffer* raw) {
  auto buffer = adopt(raw);
  PadState& state = state_of(pad);
  if (!state.caps) return GST_FLOW_NOT_NEGOTIATED;
  const GstClockTime time = running_time(state, GST_ELEMENT(parent), buffer.get());
  if (!GST_CLOCK_TIME_IS_VALID(time)) return GST_FLOW_OK;
  if (const auto paced = wait_for_pace(state, time); paced != GST_FLOW_OK) return paced;
  const GstClockTime end =
      time + (GST_BUFFER_DURATION_IS_VALID(buffer.get()) ? GST_BUFFER_DURATION(buffer.get()) : 0);
  return state.stage->push_frame(state.input, {std::move(buffer), state.caps, time}, end);
}

bool take_caps(PadState& state, GstEvent* event) {
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  if (state.input.kind == StageInput::Kind::kAudio &&
      !gst_audio_info_from_caps(&state.audio, caps)) {
    return false;
  }
  state.caps = Ref<GstCaps>(caps);
  return true;
}

// A source that does not say is taken for live: better to lose its frames than to hold it.
bool upstream_is_live(GstPad* pad) {
  GstQuery* query = gst_query_new_latency();
  gboolean live = TRUE;
  if (gst_pad_peer_query(pad, query)) gst_query_parse_latency(query, &live, nullptr, nullptr);
  gst_query_unref(query);
  return live;
}

// Nothing of an input's stream passes on: the output has a stream of its own.
gboolean sink_event(GstPad* pad, GstObject*, GstEvent* raw) {
  const auto event = adopt(raw);
  PadState& state = state_of(pad);
  switch (GST_EVENT_TYPE(event.get())) {
    case GST_EVENT_STREAM_START:
      state.stage->set_eos(state.input, false);
      break;
    case GST_EVENT_CAPS:
      return take_caps(state, event.get());
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment(event.get(), &state.segment);
      state.live = upstream_is_live(pad);
      break;
    case GST_EVENT_FLUSH_START:
      state.stage->set_flushing(state.input, true);
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_segment_init(&state.segment, GST_FORMAT_UNDEFINED);
      state.stage->set_flushing(state.input, false);
      break;
    case GST_EVENT_EOS:
      state.stage->set_eos(state.input, true);
      break;
    default:
      break;
  }
  return TRUE;
}

// A camera may bring whatever fits downstream, at any frame rate.
gboolean video_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS) return gst_pad_query_default(pad, parent, query);
  const auto own = adopt(gst_pad_get_pad_template_caps(pad));
  const auto src = adopt(gst_element_get_static_pad(GST_ELEMENT(parent), "src"));
  auto caps = adopt(gst_caps_make_writable(gst_pad_peer_query_caps(src.get(), own.get())));
  for (guint i = 0; i < gst_caps_get_size(caps.get()); ++i) {
    gst_structure_remove_field(gst_caps_get_structure(caps.get(), i), "framerate");
  }
  GstCaps* filter = nullptr;
  gst_query_parse_caps(query, &filter);
  if (filter) {
    caps = adopt(gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST));
  }
  gst_query_set_caps_result(query, caps.get());
  return TRUE;
}

gboolean activate_mode(GstPad* pad, GstObject*, GstPadMode mode, gboolean active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  PadState& state = state_of(pad);
  if (state.stage) state.stage->set_flushing(state.input, !active);
  return TRUE;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  auto* pad = reinterpret_cast<SpacecastActiveSpeakerAudioPad*>(object);
  PadState& state = state_of(pad);
  switch (id) {
    case kPropSpeaker: {
      const char* given = g_value_get_string(value);
      const std::string name = given ? given : std::to_string(state.input.number);
      GST_OBJECT_LOCK(pad);
      g_free(std::exchange(pad->speaker, g_strdup(given)));
      GST_OBJECT_UNLOCK(pad);
      if (state.stage) state.stage->set_name(state.input.number, name);
      break;
    }
    case kPropActive: {
      const gboolean active = g_value_get_boolean(value);
      GST_OBJECT_LOCK(pad);
      pad->active = active;
      GST_OBJECT_UNLOCK(pad);
      if (state.stage) state.stage->set_active(state.input.number, active);
      break;
    }
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  auto* pad = reinterpret_cast<SpacecastActiveSpeakerAudioPad*>(object);
  GST_OBJECT_LOCK(pad);
  switch (id) {
    case kPropSpeaker:
      if (pad->speaker) {
        g_value_set_string(value, pad->speaker);
      } else {
        g_value_take_string(value, g_strdup_printf("%u", state_of(pad).input.number));
      }
      break;
    case kPropActive:
      g_value_set_boolean(value, pad->active);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(pad);
}

}  // namespace

static void spacecast_active_speaker_pad_init(SpacecastActiveSpeakerPad* pad) {
  pad->state = new PadState;
  gst_segment_init(&pad->state->segment, GST_FORMAT_UNDEFINED);
}

static void spacecast_active_speaker_pad_class_init(SpacecastActiveSpeakerPadClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = [](GObject* object) {
    delete &state_of(object);
    G_OBJECT_CLASS(spacecast_active_speaker_pad_parent_class)->finalize(object);
  };
}

static void spacecast_active_speaker_audio_pad_init(SpacecastActiveSpeakerAudioPad* pad) {
  pad->active = TRUE;
}

static void spacecast_active_speaker_audio_pad_class_init(
    SpacecastActiveSpeakerAudioPadClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = [](GObject* object) {
    g_free(reinterpret_cast<SpacecastActiveSpeakerAudioPad*>(object)->speaker);
    G_OBJECT_CLASS(spacecast_active_speaker_audio_pad_parent_class)->finalize(object);
  };
  g_object_class_install_property(
      object_class, kPropSpeaker,
      g_param_spec_string("speaker", "Speaker",
                          "What this slot's speaker is called in messages; the number of the pad "
                          "where nothing is set",
                          nullptr, GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)));
  g_object_class_install_property(
      object_class, kPropActive,
      g_param_spec_boolean(
          "active", "Active",
          "Whether there is somebody in this slot. Where there is nobody, the slot "
          "is never on air and its pictures are dropped; whoever comes next is "
          "somebody else",
          TRUE, GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)));
}

static void spacecast_active_speaker_video_pad_init(SpacecastActiveSpeakerVideoPad*) {}

static void spacecast_active_speaker_video_pad_class_init(SpacecastActiveSpeakerVideoPadClass*) {}

namespace spacecast {

GstPad* new_stage_pad(GstPadTemplate* pad_template, const char* name, unsigned number,
                      std::shared_ptr<Stage> stage) {
  const GType type = GST_PAD_TEMPLATE_GTYPE(pad_template);
  auto* pad = static_cast<GstPad*>(g_object_new(type, "name", name, "direction", GST_PAD_SINK,
                                                "template", pad_template, nullptr));
  PadState& state = state_of(pad);
  state.stage = std::move(stage);
  state.input.number = number;
  // Only now is it a sink pad: the direction is set after the instance was initialised.
  gst_pad_set_activatemode_function(pad, activate_mode);
  gst_pad_set_event_function(pad, sink_event);
  if (type == spacecast_active_speaker_audio_pad_get_type()) {
    state.input.kind = StageInput::Kind::kAudio;
    gst_pad_set_chain_function(pad, audio_chain);
  } else {
    state.input.kind = StageInput::Kind::kVideo;
    gst_pad_set_chain_function(pad, video_chain);
    gst_pad_set_query_function(pad, video_query);
    // Cameras leave fields out that downstream names (pixel-aspect-ratio, colorimetry).
    GST_PAD_SET_ACCEPT_INTERSECT(pad);
  }
  state.stage->attach(state.input);
  return pad;
}

void detach_stage_pad(GstPad* pad) {
  PadState& state = state_of(pad);
  state.stage->detach(state.input);
}

}  // namespace spacecast
