// stagemix: everybody hears everybody else at once.
//
// Each speaker is a request pad sink_N. The source pad `src` has all of them; the request pad
// minus_N has all but speaker N, for the way back to that speaker. The sum is made once and each
// return is the sum minus one's own sound; sum and returns are limited to -1 dBFS without clipping.
//
// The element runs on the pipeline's clock: a tick of 20 ms each 20 ms, with timestamps of exactly
// n * 20 ms of running time from 0 on, F32 stereo at 48 kHz. It never waits for an input: a speaker
// who comes late, stalls or leaves delays nobody, and fades in and out. Sound is heard where its
// timestamp says; the clock of each speaker's sound card is followed by resampling, so that hours
// pass without a splice. The latency is that of the slowest input plus `allowance`, and no sound
// leaves later than that. Pads may be requested and released at any time. Before a minus_N pad is
// released, what it is linked to must let go of its last buffer, as for any element's pad.
//
// Nor do outputs wait for each other: every source pad pushes from a task of its own, out of a
// queue of a second that drops the oldest. One that is not linked costs nothing; one that fails or
// blocks stops nobody else.
//
// Who has not talked for half a second gets what `src` sends, as the same buffer: the property
// `shared` of minus_N is true then, and one encoder serves all who listen. Ticks in which all is
// silent have the GAP flag.
//
// Example: hear all three tones; 0.wav has 660 and 880 Hz, without one's own 440 Hz.
//
//   gst-launch-1.0 stagemix name=m ! audioconvert ! autoaudiosink
//     m.minus_0 ! audioconvert ! wavenc ! filesink location=0.wav
//     audiotestsrc is-live=true freq=440 volume=0.2 ! m.sink_0
//     audiotestsrc is-live=true freq=660 volume=0.2 ! m.sink_1
//     audiotestsrc is-live=true freq=880 volume=0.2 ! m.sink_2
#include "plugins/stagemix/stagemix.h"

#include <gst/audio/audio.h>

#include <cmath>
#include <memory>
#include <optional>
#include <string_view>

#include "gstx/live_pad.h"
#include "gstx/request_pad.h"
#include "plugins/stagemix/desk.h"
#include "plugins/stagemix/inlet.h"
#include "plugins/stagemix/outlet.h"
#include "plugins/stagemix/tick_task.h"

GST_DEBUG_CATEGORY(spacecast_stage_mix_debug);
#define GST_CAT_DEFAULT spacecast_stage_mix_debug

using spacecast::adopt;
using spacecast::Desk;
using spacecast::TickTask;

namespace {

// What the element is made of; its C++ part.
struct Parts {
  explicit Parts(GstElement* element, TickTask::Handler handler)
      : ticks(element, std::move(handler)) {}

  const std::shared_ptr<Desk> desk = std::make_shared<Desk>();
  TickTask ticks;
};

}  // namespace

struct SpacecastStageMix {
  GstElement parent;
  Parts* parts;
  GstClockTime allowance;  // Guarded by the object lock, like the next.
  gdouble share_below;
};
struct SpacecastStageMixClass {
  GstElementClass parent;
};

static GType spacecast_stage_mix_get_type();
G_DEFINE_TYPE(SpacecastStageMix, spacecast_stage_mix, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE(stagemix, "stagemix", GST_RANK_NONE, spacecast_stage_mix_get_type())

namespace {

// A tick, and what is heard beyond its end: 8 ms for the limiter and the fades. The rest is for
// jitter.
constexpr GstClockTime kMinAllowance = 30 * GST_MSECOND;
constexpr GstClockTime kDefaultAllowance = 40 * GST_MSECOND;
constexpr GstClockTime kMaxAllowance = GST_SECOND;
constexpr gdouble kMinShareBelow = -120;
constexpr gdouble kDefaultShareBelow = -50;

enum : guint { kPropAllowance = 1, kPropShareBelow, kPropSkipped };

#define MIX_CAPS                                                          \
  "audio/x-raw, format=(string)F32LE, rate=(int)48000, channels=(int)2, " \
  "layout=(string)interleaved, channel-mask=(bitmask)0x3"

GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(MIX_CAPS));
GstStaticPadTemplate minus_template =
    GST_STATIC_PAD_TEMPLATE("minus_%u", GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS(MIX_CAPS));
GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS("audio/x-raw, format=(string){ F32LE, S16LE }, rate=(int)[ 8000, 192000 ], "
                    "channels=(int)[ 1, 2 ], layout=(string)interleaved"));

SpacecastStageMix* self_of(gpointer element) {
  return static_cast<SpacecastStageMix*>(element);
}

// The tick task.

template <typename Function>
void for_each_outlet(GstElement* element, Function function) {
  gst_element_foreach_src_pad(
      element,
      [](GstElement*, GstPad* pad, gpointer data) -> gboolean {
        (*static_cast<Function*>(data))(pad);
        return TRUE;
      },
      &function);
}

bool at_end(Parts& parts, GstClockTime pts) {
  const auto inputs = parts.desk->end_of_inputs();
  return parts.ticks.clock().finished(pts) || (inputs && pts >= *inputs);
}

void stamp(GstBuffer* buffer, guint64 number, bool discont) {
  GST_BUFFER_PTS(buffer) = number * TickTask::kTick;
  GST_BUFFER_DURATION(buffer) = TickTask::kTick;
  GST_BUFFER_OFFSET(buffer) = number * spacecast::mix::kTickFrames;
  GST_BUFFER_OFFSET_END(buffer) = (number + 1) * spacecast::mix::kTickFrames;
  if (discont) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
}

bool tick(GstElement* element, guint64 number, bool discont) {
  Parts& parts = *self_of(element)->parts;
  if (at_end(parts, number * TickTask::kTick)) {
    GST_INFO_OBJECT(element, "end of stream after tick %" G_GUINT64_FORMAT, number);
    parts.desk->end();
    for_each_outlet(element, [](GstPad* pad) { spacecast::outlet_of(pad).finish(); });
    return false;
  }
  const Desk::Sound sum = parts.desk->tick(number);
  stamp(sum.buffer.get(), number, discont);
  for_each_outlet(element, [&](GstPad* pad) {
    spacecast::Outlet& outlet = spacecast::outlet_of(pad);
    if (!gst_pad_is_linked(pad)) return;
    if (!outlet.slot()) {
      outlet.send(sum);
      return;
    }
    Desk::Sound sound = parts.desk->minus(*outlet.slot());
    if (!sound.shared) stamp(sound.buffer.get(), number, discont);
    outlet.send(std::move(sound));
  });
  return true;
}

// Pads.

gboolean src_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  TickTask& ticks = self_of(parent)->parts->ticks;
  return spacecast::answer_live_query(pad, parent, query, ticks.clock(), ticks.position());
}

GstPad* new_source_pad(GstPadTemplate* pad_template, const char* name,
                       std::optional<unsigned> slot) {
  GstPad* pad = spacecast::new_outlet_pad(pad_template, name, slot);
  gst_pad_set_query_function(pad, src_query);
  gst_pad_set_event_function(pad, spacecast::take_live_event);
  return pad;
}

GstPad* request_new_pad(GstElement* element, GstPadTemplate* pad_template, const char* requested,
                        const GstCaps*) {
  const auto named = spacecast::new_request_pad(element, pad_template, requested);
  if (!named) {
    GST_WARNING_OBJECT(element, "'%s' is no free pad of ours", requested);
    return nullptr;
  }
  GstPad* pad = GST_PAD_TEMPLATE_DIRECTION(pad_template) == GST_PAD_SINK
                    ? spacecast::new_inlet_pad(pad_template, named->name.c_str(), named->number,
                                               self_of(element)->parts->desk)
                    : new_source_pad(pad_template, named->name.c_str(), named->number);
  gst_pad_set_active(pad, TRUE);
  gst_element_add_pad(element, pad);
  return pad;
}

void release_pad(GstElement* element, GstPad* pad) {
  // Wakes and waits for the pad's streaming thread.
  gst_pad_set_active(pad, FALSE);
  if (GST_PAD_IS_SINK(pad)) spacecast::detach_inlet_pad(pad);
  gst_element_remove_pad(element, pad);
}

// Element.

void begin(SpacecastStageMix* self) {
  GST_OBJECT_LOCK(self);
  const GstClockTime allowance = self->allowance;
  const gdouble share_below = self->share_below;
  GST_OBJECT_UNLOCK(self);
  self->parts->desk->reset(static_cast<float>(std::pow(10, share_below / 20)));
  self->parts->ticks.start(allowance);
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  SpacecastStageMix* self = self_of(element);
  TickTask& ticks = self->parts->ticks;
  switch (transition) {
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      begin(self);
      break;
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      ticks.clock().set_playing(false);
      break;
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      ticks.stop();
      break;
    default:
      break;
  }
  const auto result =
      GST_ELEMENT_CLASS(spacecast_stage_mix_parent_class)->change_state(element, transition);
  if (result == GST_STATE_CHANGE_FAILURE) {
    if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) ticks.stop();
    return result;
  }
  switch (transition) {
    case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
      ticks.clock().set_playing(true);
      return result;
    // Live: there is no sound in PAUSED.
    case GST_STATE_CHANGE_READY_TO_PAUSED:
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      return GST_STATE_CHANGE_NO_PREROLL;
    default:
      return result;
  }
}

gboolean send_event(GstElement* element, GstEvent* event) {
  if (GST_EVENT_TYPE(event) != GST_EVENT_EOS) {
    return GST_ELEMENT_CLASS(spacecast_stage_mix_parent_class)->send_event(element, event);
  }
  gst_event_unref(event);
  self_of(element)->parts->ticks.clock().finish();
  return TRUE;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  SpacecastStageMix* self = self_of(object);
  GST_OBJECT_LOCK(self);
  switch (id) {
    case kPropAllowance:
      self->allowance = g_value_get_uint64(value);
      break;
    case kPropShareBelow:
      self->share_below = g_value_get_double(value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  SpacecastStageMix* self = self_of(object);
  GST_OBJECT_LOCK(self);
  switch (id) {
    case kPropAllowance:
      g_value_set_uint64(value, self->allowance);
      break;
    case kPropShareBelow:
      g_value_set_double(value, self->share_below);
      break;
    case kPropSkipped:
      g_value_set_uint64(value, self->parts->ticks.skipped());
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

void install_properties(GObjectClass* klass) {
  const auto ready =
      GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  g_object_class_install_property(
      klass, kPropAllowance,
      g_param_spec_uint64(
          "allowance", "Allowance",
          "How much later than its inputs' latency the mix leaves, in ns: 28 ms "
          "are for the tick and what is heard beyond it, the rest is how much later "
          "than they report inputs may come and still be heard",
          kMinAllowance, kMaxAllowance, kDefaultAllowance, ready));
  g_object_class_install_property(
      klass, kPropShareBelow,
      g_param_spec_double("share-below", "Share below",
                          "A speaker whose peaks have been below this for half a second, in dBFS, "
                          "does not talk and gets the sum as it is",
                          kMinShareBelow, 0, kDefaultShareBelow, ready));
  g_object_class_install_property(
      klass, kPropSkipped,
      g_param_spec_uint64("skipped", "Skipped",
                          "How many ticks were left out because the machine was more than a second "
                          "late",
                          0, G_MAXUINT64, 0,
                          GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

}  // namespace

static void spacecast_stage_mix_init(SpacecastStageMix* self) {
  GstElement* element = GST_ELEMENT(self);
  self->allowance = kDefaultAllowance;
  self->share_below = kDefaultShareBelow;
  self->parts = new Parts(
      element, [element](guint64 number, bool discont) { return tick(element, number, discont); });
  const auto pad_template = adopt(gst_static_pad_template_get(&src_template));
  gst_element_add_pad(element, new_source_pad(pad_template.get(), "src", std::nullopt));
  // An end of stream sent to the pipeline comes here and ends the output in order, even while some
  // inputs go on or have stalled.
  GST_OBJECT_FLAG_SET(element, GST_ELEMENT_FLAG_SOURCE);
}

static void spacecast_stage_mix_class_init(SpacecastStageMixClass* klass) {
  GST_DEBUG_CATEGORY_INIT(spacecast_stage_mix_debug, "stagemix", 0, "stage mixer");
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = [](GObject* object) {
    delete self_of(object)->parts;
    G_OBJECT_CLASS(spacecast_stage_mix_parent_class)->finalize(object);
  };
  install_properties(object_class);

  auto* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = change_state;
  element_class->send_event = send_event;
  element_class->request_new_pad = request_new_pad;
  element_class->release_pad = release_pad;
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_add_static_pad_template_with_gtype(element_class, &sink_template,
                                                       spacecast_stage_mix_inlet_get_type());
  gst_element_class_add_static_pad_template_with_gtype(element_class, &minus_template,
                                                       spacecast_stage_mix_outlet_get_type());
  gst_element_class_set_static_metadata(
      element_class, "Stage mixer", "Generic/Audio",
      "Mixes speakers on a clock of its own: everybody for the program, and everybody but oneself "
      "for the way back; no speaker ever delays another",
      "spacecast");
}
