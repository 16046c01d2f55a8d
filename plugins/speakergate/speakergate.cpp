// speakergate: keeps encoded video from being decoded while nobody may see it.
//
// It stands between parser and decoder. Closed, it drops every picture; events, caps and queries
// pass, so that the decoder stays ready. Opened, it asks upstream for a keyframe at once, and again
// for every second of video without one; it lets nothing through until the keyframe is there. The
// first picture after an interruption is marked as a discontinuity.
//
// When it closes, one GAP event follows the last picture: a decoder then gives out what it still
// holds and forgets what it knew, so that no old picture comes when the gate opens again.
//
// A keyframe is a buffer without the DELTA_UNIT flag. Buffers have to be whole pictures: with H.264
// and H.265 alignment=au.
//
// Example: a ball that is decoded only while `open` is true.
//
//   gst-launch-1.0 videotestsrc is-live=true pattern=ball ! x264enc tune=zerolatency
//   key-int-max=300
//     ! h264parse config-interval=-1 ! speakergate open=true ! avdec_h264 ! videoconvert
//     ! autovideosink
#include "plugins/speakergate/speakergate.h"

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include <optional>

#include "plugins/speakergate/gate.h"

GST_DEBUG_CATEGORY_STATIC(spacecast_speaker_gate_debug);
#define GST_CAT_DEFAULT spacecast_speaker_gate_debug

using spacecast::Gate;
using spacecast::MediaTime;

struct SpacecastSpeakerGate {
  GstBaseTransform parent;
  Gate* gate;
};
struct SpacecastSpeakerGateClass {
  GstBaseTransformClass parent;
};

static GType spacecast_speaker_gate_get_type();
G_DEFINE_TYPE(SpacecastSpeakerGate, spacecast_speaker_gate, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(speakergate, "speakergate", GST_RANK_NONE,
                            spacecast_speaker_gate_get_type())

namespace {

enum : guint { kPropOpen = 1, kPropPassed, kPropDropped };

#define ENCODED_CAPS                                                                      \
  "video/x-h264, alignment=(string)au; video/x-h265, alignment=(string)au; video/x-vp8; " \
  "video/x-vp9; video/x-av1, alignment=(string){ tu, frame }"

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(ENCODED_CAPS));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(ENCODED_CAPS));

Gate& gate_of(gpointer element) {
  return *static_cast<SpacecastSpeakerGate*>(element)->gate;
}

// Any thread. False, and no harm, where nothing is linked or the pads are not active.
void ask_for_keyframe(GstBaseTransform* base) {
  GST_DEBUG_OBJECT(base, "asking for a keyframe");
  gst_pad_push_event(GST_BASE_TRANSFORM_SINK_PAD(base),
                     gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

GstFlowReturn transform_ip(GstBaseTransform* base, GstBuffer* buffer) {
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  std::optional<MediaTime> time;
  if (GST_CLOCK_TIME_IS_VALID(pts)) time = MediaTime(static_cast<MediaTime::rep>(pts));
  const bool keyframe = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  const auto decision = gate_of(base).judge(keyframe, time);
  if (decision.ask) ask_for_keyframe(base);
  if (decision.ends && time) {
    gst_pad_push_event(GST_BASE_TRANSFORM_SRC_PAD(base),
                       gst_event_new_gap(pts, GST_CLOCK_TIME_NONE));
  }
  // The base class marks the next buffer that passes as a discontinuity.
  return decision.pass ? GST_FLOW_OK : GST_BASE_TRANSFORM_FLOW_DROPPED;
}

gboolean sink_event(GstBaseTransform* base, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) gate_of(base).restart();
  return GST_BASE_TRANSFORM_CLASS(spacecast_speaker_gate_parent_class)->sink_event(base, event);
}

gboolean start(GstBaseTransform* base) {
  gate_of(base).restart();
  return TRUE;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  if (id != kPropOpen) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    return;
  }
  const bool open = g_value_get_boolean(value);
  GST_DEBUG_OBJECT(object, "%s", open ? "open" : "closed");
  if (gate_of(object).set_open(open)) ask_for_keyframe(GST_BASE_TRANSFORM(object));
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  switch (id) {
    case kPropOpen:
      g_value_set_boolean(value, gate_of(object).is_open());
      break;
    case kPropPassed:
      g_value_set_uint64(value, gate_of(object).counts().passed);
      break;
    case kPropDropped:
      g_value_set_uint64(value, gate_of(object).counts().dropped);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void finalize(GObject* object) {
  delete static_cast<SpacecastSpeakerGate*>(static_cast<gpointer>(object))->gate;
  G_OBJECT_CLASS(spacecast_speaker_gate_parent_class)->finalize(object);
}

void install_properties(GObjectClass* klass) {
  const auto readable = GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_property(
      klass, kPropOpen,
      g_param_spec_boolean(
          "open", "Open",
          "Whether pictures pass. Opening asks upstream for a keyframe; pictures "
          "pass from that keyframe on",
          TRUE,
          GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)));
  g_object_class_install_property(
      klass, kPropPassed,
      g_param_spec_uint64("passed", "Passed", "How many pictures have passed", 0, G_MAXUINT64, 0,
                          readable));
  g_object_class_install_property(
      klass, kPropDropped,
      g_param_spec_uint64("dropped", "Dropped",
                          "How many pictures were dropped: while closed, and while waiting for a "
                          "keyframe",
                          0, G_MAXUINT64, 0, readable));
}

}  // namespace

static void spacecast_speaker_gate_init(SpacecastSpeakerGate* self) {
  self->gate = new Gate;
  gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(self), TRUE);
}

static void spacecast_speaker_gate_class_init(SpacecastSpeakerGateClass* klass) {
  GST_DEBUG_CATEGORY_INIT(spacecast_speaker_gate_debug, "speakergate", 0, "speaker gate");
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class);

  auto* transform_class = GST_BASE_TRANSFORM_CLASS(klass);
  transform_class->transform_ip = transform_ip;
  transform_class->transform_ip_on_passthrough = TRUE;
  transform_class->sink_event = sink_event;
  transform_class->start = start;

  auto* element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Speaker gate", "Filter/Video",
      "Keeps encoded video from being decoded while nobody may see it: drops pictures while "
      "closed, "
      "asks for a keyframe when opened and begins with it. Example: gst-launch-1.0 videotestsrc "
      "is-live=true ! x264enc tune=zerolatency ! h264parse config-interval=-1 ! speakergate "
      "open=true ! avdec_h264 ! videoconvert ! autovideosink",
      "spacecast");
}
