// activespeaker: shows whoever is talking.
//
// A speaker is a pair of request pads with the same number, audio_N and video_N. The element judges
// the sound of all of them by its timestamps, decides who is on air, and paints what is to be seen
// on one canvas, whose size and format downstream chooses. It holds the picture back by
// `lookahead`, so that a cut lands on the first syllable although it takes a moment to know that it
// was one.
//
//   layout=speaker   one full picture of who is on air; the pad's `label` as a lower third
//   layout=gallery   everybody; the frame of who talks is lit
//   screen_N         the screen that speaker N shares: shown large in either layout, its speaker
//                    small beside it
//   pinned=NAME      that speaker is shown whoever talks
//
// Layout and pin may be changed while playing. A cut between speakers is a cut on its tick; all
// other changes are eased over 250 ms. Where a speaker has no picture, a card with the name stands
// for it: no video pad, `active=false` on the video pad, or no frame for 600 ms. A cut to a camera
// that is on but has no picture yet waits for its first frame, at most 600 ms, and shows the card
// then; the message has told of the cut as it was decided. A video pad without an audio pad of its
// number is the waiting picture: shown while there is nobody to show.
//
// The source pad runs on the pipeline's clock at 30 frames a second, or the rate downstream asks
// for. It begins with the pipeline and never waits for an input: a speaker who comes late, stalls,
// leaves or never had a camera disturbs nobody. Pads may be requested and released at any time; a
// pad that stays while its speaker goes has `active=false` in between. A frame that fills the
// canvas in its own size and format, with no label on it, is handed on as it is.
//
// Messages on the bus (element messages; times are running times in ns):
//   active-speaker  speaker (string, "" for nobody), onset, decided, cut (guint64), reason (string:
//                   first, turn, interruption, left). Posted when decided, before the cut is seen.
//   on-air          the same fields when the cut is carried out: `cut` is the picture's own time,
//                   later than decided where the newcomer's camera had to be waited for.
//   talking         speakers (array of strings): everybody who is talking now. Posted when that
//                   changes.
//   watch           speakers (array of strings): whose picture must be ready, most urgent first;
//                   nobody else's need be decoded. Who is pinned or shares a screen; on air; the
//                   best challenger, from the first sound that could be speech; who was on air
//                   before: at most three. In the gallery, and where no more than three cameras
//                   are on, everybody whose camera is on. Posted when that changes.
//
// Example: two speakers, one of 2.5 s every 6 s and one of 2.5 s every 10 s, and a waiting picture.
//
//   gst-launch-1.0 -m activespeaker name=s ! videoconvert ! autovideosink
//     audiotestsrc is-live=true wave=ticks tick-interval=6000000000 sine-periods-per-tick=1100
//       ! s.audio_0
//     videotestsrc is-live=true pattern=ball ! s.video_0
//     audiotestsrc is-live=true wave=ticks tick-interval=10000000000 sine-periods-per-tick=2200
//     freq=880
//       ! s.audio_1
//     videotestsrc is-live=true pattern=snow ! s.video_1
//     videotestsrc is-live=true ! textoverlay text="Nobody talks yet" ! s.video_99
#include "plugins/activespeaker/activespeaker.h"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <memory>
#include <string>
#include <string_view>

#include "gstx/live_pad.h"
#include "gstx/request_pad.h"
#include "plugins/activespeaker/output.h"
#include "plugins/activespeaker/pads.h"
#include "plugins/activespeaker/stage.h"

GST_DEBUG_CATEGORY(spacecast_active_speaker_debug);
#define GST_CAT_DEFAULT spacecast_active_speaker_debug

using spacecast::MediaTime;
using spacecast::Output;
using spacecast::Stage;
using spacecast::layout::Mode;

struct SpacecastActiveSpeaker {
  GstElement parent;
  std::shared_ptr<Stage>* stage;
  Output* output;
  GstClockTime lookahead;  // Guarded by the object lock, like the next.
  GstClockTime allowance;
};
struct SpacecastActiveSpeakerClass {
  GstElementClass parent;
};

static void child_proxy_init(gpointer iface, gpointer);
static GType spacecast_active_speaker_get_type();
G_DEFINE_TYPE_WITH_CODE(SpacecastActiveSpeaker, spacecast_active_speaker, GST_TYPE_ELEMENT,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_CHILD_PROXY, child_proxy_init))
GST_ELEMENT_REGISTER_DEFINE(activespeaker, "activespeaker", GST_RANK_NONE,
                            spacecast_active_speaker_get_type())

namespace {

constexpr GstClockTime kDefaultLookahead = 400 * GST_MSECOND;
constexpr GstClockTime kMaxLookahead = 2 * GST_SECOND;
constexpr GstClockTime kDefaultAllowance = 60 * GST_MSECOND;
constexpr GstClockTime kMaxAllowance = GST_SECOND;

enum : guint {
  kPropLookahead = 1,
  kPropAllowance,
  kPropOnAir,
  kPropSkipped,
  kPropLayout,
  kPropPinned
};

// Any format; where nobody else cares, the one that encoders take.
#define PICTURE_CAPS GST_VIDEO_CAPS_MAKE("I420") "; " GST_VIDEO_CAPS_MAKE(GST_VIDEO_FORMATS_ALL)

GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(PICTURE_CAPS));
GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE(
    "video_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS(PICTURE_CAPS));
GstStaticPadTemplate screen_template = GST_STATIC_PAD_TEMPLATE(
    "screen_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS(PICTURE_CAPS));
GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE(
    "audio_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS("audio/x-raw, format=(string){ F32LE, S16LE }, rate=(int)[ 4000, 768000 ], "
                    "channels=(int)[ 1, 64 ], layout=(string)interleaved"));

SpacecastActiveSpeaker* self_of(gpointer element) {
  return static_cast<SpacecastActiveSpeaker*>(element);
}

GType layout_get_type() {
  static const GEnumValue values[] = {
      {static_cast<gint>(Mode::kSpeaker), "Who is on air, in one full picture", "speaker"},
      {static_cast<gint>(Mode::kGallery), "Everybody, who talks is lit", "gallery"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("SpacecastActiveSpeakerLayout", values);
  return type;
}

// Request pads.

GstPad* request_new_pad(GstElement* element, GstPadTemplate* pad_template, const char* requested,
                        const GstCaps*) {
  const auto named = spacecast::new_request_pad(element, pad_template, requested);
  if (!named) {
    GST_WARNING_OBJECT(element, "'%s' is no free pad of ours", requested);
    return nullptr;
  }
  GstPad* pad = spacecast::new_stage_pad(pad_template, named->name.c_str(), named->number,
                                         *self_of(element)->stage);
  gst_pad_set_active(pad, TRUE);
  gst_element_add_pad(element, pad);
  gst_child_proxy_child_added(GST_CHILD_PROXY(element), G_OBJECT(pad), named->name.c_str());
  return pad;
}

void release_pad(GstElement* element, GstPad* pad) {
  const spacecast::OwnedString name(gst_pad_get_name(pad));
  // Wakes and waits for the pad's streaming thread.
  gst_pad_set_active(pad, FALSE);
  spacecast::detach_stage_pad(pad);
  gst_child_proxy_child_removed(GST_CHILD_PROXY(element), G_OBJECT(pad), name.get());
  gst_element_remove_pad(element, pad);
}

// Source pad.

gboolean src_activate_mode(GstPad*, GstObject* parent, GstPadMode mode, gboolean active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  Output& output = *self_of(parent)->output;
  active ? output.start() : output.stop();
  return TRUE;
}

gboolean src_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  Output& output = *self_of(parent)->output;
  return spacecast::answer_live_query(pad, parent, query, output.clock(), output.position());
}

// Element.

void reset(SpacecastActiveSpeaker* self) {
  GST_OBJECT_LOCK(self);
  const GstClockTime lookahead = self->lookahead;
  const GstClockTime allowance = self->allowance;
  GST_OBJECT_UNLOCK(self);
  (*self->stage)->reset(MediaTime(static_cast<MediaTime::rep>(lookahead)));
  self->output->reset(lookahead, allowance);
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  SpacecastActiveSpeaker* self = self_of(element);
  switch (transition) {
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      reset(self);
      break;
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      self->output->clock().set_playing(false);
      break;
    default:
      break;
  }
  const auto result =
      GST_ELEMENT_CLASS(spacecast_active_speaker_parent_class)->change_state(element, transition);
  if (result == GST_STATE_CHANGE_FAILURE) return result;
  switch (transition) {
    case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
      self->output->clock().set_playing(true);
      return result;
    // Live: there is no picture in PAUSED.
    case GST_STATE_CHANGE_READY_TO_PAUSED:
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      return GST_STATE_CHANGE_NO_PREROLL;
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      // Gives the pictures back.
      reset(self);
      return result;
    default:
      return result;
  }
}

gboolean send_event(GstElement* element, GstEvent* event) {
  if (GST_EVENT_TYPE(event) != GST_EVENT_EOS) {
    return GST_ELEMENT_CLASS(spacecast_active_speaker_parent_class)->send_event(element, event);
  }
  gst_event_unref(event);
  self_of(element)->output->clock().finish();
  return TRUE;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  SpacecastActiveSpeaker* self = self_of(object);
  switch (id) {
    case kPropLookahead:
    case kPropAllowance:
      GST_OBJECT_LOCK(self);
      (id == kPropLookahead ? self->lookahead : self->allowance) = g_value_get_uint64(value);
      GST_OBJECT_UNLOCK(self);
      break;
    case kPropLayout:
      (*self->stage)->set_mode(static_cast<Mode>(g_value_get_enum(value)));
      break;
    case kPropPinned: {
      const char* name = g_value_get_string(value);
      (*self->stage)->pin(name ? name : "");
      break;
    }
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  SpacecastActiveSpeaker* self = self_of(object);
  switch (id) {
    case kPropLookahead:
    case kPropAllowance:
      GST_OBJECT_LOCK(self);
      g_value_set_uint64(value, id == kPropLookahead ? self->lookahead : self->allowance);
      GST_OBJECT_UNLOCK(self);
      break;
    case kPropLayout:
      g_value_set_enum(value, static_cast<gint>((*self->stage)->mode()));
      break;
    case kPropPinned:
      g_value_set_string(value, (*self->stage)->pinned().c_str());
      break;
    case kPropOnAir:
      g_value_set_string(value, (*self->stage)->on_air().c_str());
      break;
    case kPropSkipped:
      g_value_set_uint64(value, self->output->skipped());
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void finalize(GObject* object) {
  SpacecastActiveSpeaker* self = self_of(object);
  delete self->output;
  delete self->stage;
  G_OBJECT_CLASS(spacecast_active_speaker_parent_class)->finalize(object);
}

void install_properties(GObjectClass* klass) {
  const auto ready =
      GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  const auto playing =
      GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  const auto readable = GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_property(
      klass, kPropLookahead,
      g_param_spec_uint64(
          "lookahead", "Look-ahead",
          "How long the picture is held back, in ns: a cut may lie this far before the "
          "moment in which it was decided",
          0, kMaxLookahead, kDefaultLookahead, ready));
  g_object_class_install_property(
      klass, kPropAllowance,
      g_param_spec_uint64(
          "allowance", "Allowance",
          "How much later than the latency they report inputs may come and still be "
          "heard and seen in time, in ns",
          0, kMaxAllowance, kDefaultAllowance, ready));
  g_object_class_install_property(
      klass, kPropLayout,
      g_param_spec_enum("layout", "Layout",
                        "What the picture shows while no screen is shared; a change takes effect "
                        "with the next picture and is eased",
                        layout_get_type(), static_cast<gint>(Mode::kSpeaker), playing));
  g_object_class_install_property(
      klass, kPropPinned,
      g_param_spec_string("pinned", "Pinned",
                          "What the speaker is called who is shown whoever talks, for as long as "
                          "that speaker is there; empty for nobody",
                          "", playing));
  g_object_class_install_property(
      klass, kPropOnAir,
      g_param_spec_string("on-air", "On air",
                          "Who is on air in the picture that was sent last; empty for nobody",
                          nullptr, readable));
  g_object_class_install_property(
      klass, kPropSkipped,
      g_param_spec_uint64(
          "skipped", "Skipped",
          "How many pictures were left out because downstream was more than a second "
          "late",
          0, G_MAXUINT64, 0, readable));
}

}  // namespace

// Child proxy: `s.audio_0::speaker=anna` in launch lines.

static void child_proxy_init(gpointer iface, gpointer) {
  auto* proxy = static_cast<GstChildProxyInterface*>(iface);
  proxy->get_child_by_name = [](GstChildProxy* parent, const gchar* name) -> GObject* {
    return reinterpret_cast<GObject*>(gst_element_get_static_pad(GST_ELEMENT(parent), name));
  };
  proxy->get_child_by_index = [](GstChildProxy* parent, guint index) -> GObject* {
    GST_OBJECT_LOCK(parent);
    auto* pad = static_cast<GObject*>(g_list_nth_data(GST_ELEMENT(parent)->sinkpads, index));
    if (pad) g_object_ref(pad);
    GST_OBJECT_UNLOCK(parent);
    return pad;
  };
  proxy->get_children_count = [](GstChildProxy* parent) -> guint {
    GST_OBJECT_LOCK(parent);
    const guint count = GST_ELEMENT(parent)->numsinkpads;
    GST_OBJECT_UNLOCK(parent);
    return count;
  };
}

static void spacecast_active_speaker_init(SpacecastActiveSpeaker* self) {
  GstElement* element = GST_ELEMENT(self);
  self->lookahead = kDefaultLookahead;
  self->allowance = kDefaultAllowance;
  GstPad* src = gst_pad_new_from_static_template(&src_template, "src");
  self->stage = new std::shared_ptr<Stage>(std::make_shared<Stage>());
  self->output = new Output(element, src, *self->stage);
  gst_pad_set_activatemode_function(src, src_activate_mode);
  gst_pad_set_query_function(src, src_query);
  gst_pad_set_event_function(src, spacecast::take_live_event);
  gst_element_add_pad(element, src);
  // An end of stream sent to the pipeline comes here and ends the output in order, even while some
  // inputs go on or have stalled.
  GST_OBJECT_FLAG_SET(element, GST_ELEMENT_FLAG_SOURCE);
}

static void spacecast_active_speaker_class_init(SpacecastActiveSpeakerClass* klass) {
  GST_DEBUG_CATEGORY_INIT(spacecast_active_speaker_debug, "activespeaker", 0, "active speaker");
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class);

  auto* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = change_state;
  element_class->send_event = send_event;
  element_class->request_new_pad = request_new_pad;
  element_class->release_pad = release_pad;
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_add_static_pad_template_with_gtype(
      element_class, &audio_template, spacecast_active_speaker_audio_pad_get_type());
  gst_element_class_add_static_pad_template_with_gtype(
      element_class, &video_template, spacecast_active_speaker_video_pad_get_type());
  gst_element_class_add_static_pad_template_with_gtype(
      element_class, &screen_template, spacecast_active_speaker_screen_pad_get_type());
  gst_type_mark_as_plugin_api(layout_get_type(), GstPluginAPIFlags(0));
  for (const GType type : {spacecast_active_speaker_audio_pad_get_type(),
                           spacecast_active_speaker_video_pad_get_type(),
                           spacecast_active_speaker_screen_pad_get_type()}) {
    gst_type_mark_as_plugin_api(type, GstPluginAPIFlags(0));
  }
  gst_element_class_set_static_metadata(element_class, "Active speaker", "Video/Mixer",
                                        "Shows whoever is talking: judges the sound of all "
                                        "speakers and cuts to a speaker's picture on "
                                        "their first syllable; its output never waits for an input",
                                        "spacecast");
}
