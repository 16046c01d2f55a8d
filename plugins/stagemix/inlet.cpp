#include "plugins/stagemix/inlet.h"

#include <gst/audio/audio.h>

#include <utility>

#include "gstx/live_pad.h"
#include "plugins/stagemix/stagemix.h"
#include "plugins/stagemix/to_frames.h"

namespace spacecast {
namespace {

// What a pad carries besides GstPad. Beyond `desk` and `slot` only its streaming thread uses it.
struct Inlet {
  std::shared_ptr<Desk> desk;
  std::shared_ptr<Desk::Slot> slot;
  GstSegment segment;
  ToFrames to_frames;
  bool negotiated = false;
  bool live = true;
};

}  // namespace
}  // namespace spacecast

using spacecast::adopt;
using spacecast::Inlet;
using spacecast::MutexLock;

struct SpacecastStageMixInlet {
  GstPad parent;
  Inlet* inlet;
};
struct SpacecastStageMixInletClass {
  GstPadClass parent;
};

G_DEFINE_TYPE(SpacecastStageMixInlet, spacecast_stage_mix_inlet, GST_TYPE_PAD)

#define GST_CAT_DEFAULT spacecast_stage_mix_debug

namespace {

enum : guint { kPropLate = 1, kPropDrift };

Inlet& inlet_of(gpointer pad) {
  return *static_cast<SpacecastStageMixInlet*>(pad)->inlet;
}

GstFlowReturn chain(GstPad* pad, GstObject* parent, GstBuffer* raw) {
  const auto buffer = adopt(raw);
  Inlet& inlet = inlet_of(pad);
  if (!inlet.negotiated) return GST_FLOW_NOT_NEGOTIATED;
  const GstClockTime time =
      spacecast::arrival_time(inlet.segment, GST_ELEMENT(parent), buffer.get());
  if (!GST_CLOCK_TIME_IS_VALID(time)) return GST_FLOW_OK;
  if (!inlet.live) {
    if (const auto paced = inlet.desk->pace(*inlet.slot, time); paced != GST_FLOW_OK) return paced;
  }
  GstMapInfo map;
  if (!gst_buffer_map(buffer.get(), &map, GST_MAP_READ)) return GST_FLOW_ERROR;
  const auto block = inlet.to_frames.convert({map.data, map.size}, time);
  gst_buffer_unmap(buffer.get(), &map);
  return inlet.desk->push(*inlet.slot, block.time, block.frames);
}

bool take_caps(Inlet& inlet, GstEvent* event) {
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  GstAudioInfo format;
  inlet.negotiated = gst_audio_info_from_caps(&format, caps) && inlet.to_frames.set_format(format);
  return inlet.negotiated;
}

// Nothing of an input's stream passes on: the outputs have streams of their own.
gboolean sink_event(GstPad* pad, GstObject*, GstEvent* raw) {
  const auto event = adopt(raw);
  Inlet& inlet = inlet_of(pad);
  switch (GST_EVENT_TYPE(event.get())) {
    case GST_EVENT_STREAM_START:
      inlet.desk->set_eos(*inlet.slot, false);
      break;
    case GST_EVENT_CAPS:
      return take_caps(inlet, event.get());
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment(event.get(), &inlet.segment);
      inlet.live = spacecast::upstream_is_live(pad);
      break;
    case GST_EVENT_FLUSH_START:
      inlet.desk->set_flushing(*inlet.slot, true);
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_segment_init(&inlet.segment, GST_FORMAT_UNDEFINED);
      inlet.to_frames.reset();
      inlet.desk->set_flushing(*inlet.slot, false);
      break;
    case GST_EVENT_EOS:
      inlet.desk->set_eos(*inlet.slot, true);
      break;
    default:
      break;
  }
  return TRUE;
}

gboolean activate_mode(GstPad* pad, GstObject*, GstPadMode mode, gboolean active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  Inlet& inlet = inlet_of(pad);
  inlet.desk->set_flushing(*inlet.slot, !active);
  return TRUE;
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  spacecast::Desk::Slot& slot = *inlet_of(object).slot;
  const MutexLock lock(slot.mutex);
  switch (id) {
    case kPropLate:
      g_value_set_uint64(
          value, gst_util_uint64_scale(slot.buffer.late(), GST_SECOND, spacecast::mix::kRate));
      break;
    case kPropDrift:
      g_value_set_double(value, slot.buffer.drift_ppm());
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

}  // namespace

static void spacecast_stage_mix_inlet_init(SpacecastStageMixInlet* pad) {
  pad->inlet = new Inlet;
  gst_segment_init(&pad->inlet->segment, GST_FORMAT_UNDEFINED);
}

static void spacecast_stage_mix_inlet_class_init(SpacecastStageMixInletClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->get_property = get_property;
  object_class->finalize = [](GObject* object) {
    delete &inlet_of(object);
    G_OBJECT_CLASS(spacecast_stage_mix_inlet_parent_class)->finalize(object);
  };
  const auto readable = GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_property(
      object_class, kPropLate,
      g_param_spec_uint64("late", "Late",
                          "How much sound came too late for its tick and was left out, in ns", 0,
                          G_MAXUINT64, 0, readable));
  g_object_class_install_property(
      object_class, kPropDrift,
      g_param_spec_double("drift", "Drift",
                          "By how much the source's clock is faster than the pipeline's, in parts "
                          "per million, as far as it is known",
                          -500, 500, 0, readable));
}

namespace spacecast {

GstPad* new_inlet_pad(GstPadTemplate* pad_template, const char* name, unsigned number,
                      std::shared_ptr<Desk> desk) {
  auto* pad = static_cast<GstPad*>(g_object_new(spacecast_stage_mix_inlet_get_type(), "name", name,
                                                "direction", GST_PAD_SINK, "template", pad_template,
                                                nullptr));
  Inlet& inlet = inlet_of(pad);
  inlet.slot = desk->attach(number);
  inlet.desk = std::move(desk);
  // Only now is it a sink pad: the direction is set after the instance was initialised.
  gst_pad_set_activatemode_function(pad, activate_mode);
  gst_pad_set_event_function(pad, sink_event);
  gst_pad_set_chain_function(pad, chain);
  return pad;
}

void detach_inlet_pad(GstPad* pad) {
  const Inlet& inlet = inlet_of(pad);
  inlet.desk->detach(inlet.slot);
}

}  // namespace spacecast
