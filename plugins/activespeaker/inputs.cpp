#include "plugins/activespeaker/inputs.h"

#include <cstring>
#include <type_traits>
#include <utility>

#include "gstx/live_pad.h"

namespace spacecast {

namespace {

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
  PadState& state = pad_state(pad);
  if (!state.caps) return GST_FLOW_NOT_NEGOTIATED;
  const GstClockTime time = arrival_time(state.segment, GST_ELEMENT(parent), buffer.get());
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
  PadState& state = pad_state(pad);
  if (!state.caps) return GST_FLOW_NOT_NEGOTIATED;
  const GstClockTime time = arrival_time(state.segment, GST_ELEMENT(parent), buffer.get());
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

// Nothing of an input's stream passes on: the output has a stream of its own.
gboolean sink_event(GstPad* pad, GstObject*, GstEvent* raw) {
  const auto event = adopt(raw);
  PadState& state = pad_state(pad);
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

// Pictures of any size and format are painted; one that has the canvas's own is handed on as it is,
// so that comes first. The frame rate is the camera's business.
gboolean video_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS) return gst_pad_query_default(pad, parent, query);
  const auto own = adopt(gst_pad_get_pad_template_caps(pad));
  const auto src = adopt(gst_element_get_static_pad(GST_ELEMENT(parent), "src"));
  auto caps = adopt(gst_caps_make_writable(gst_pad_peer_query_caps(src.get(), own.get())));
  for (guint i = 0; i < gst_caps_get_size(caps.get()); ++i) {
    gst_structure_remove_field(gst_caps_get_structure(caps.get(), i), "framerate");
  }
  caps = adopt(gst_caps_merge(caps.leak(), gst_caps_ref(own.get())));
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
  PadState& state = pad_state(pad);
  if (state.stage) state.stage->set_flushing(state.input, !active);
  return TRUE;
}

}  // namespace

void set_input_functions(GstPad* pad, StageInput::Kind kind) {
  gst_pad_set_activatemode_function(pad, activate_mode);
  gst_pad_set_event_function(pad, sink_event);
  if (kind == StageInput::Kind::kAudio) {
    gst_pad_set_chain_function(pad, audio_chain);
  } else {
    gst_pad_set_chain_function(pad, video_chain);
    gst_pad_set_query_function(pad, video_query);
    // Cameras leave fields out that downstream names (pixel-aspect-ratio, colorimetry).
    GST_PAD_SET_ACCEPT_INTERSECT(pad);
  }
}

}  // namespace spacecast
