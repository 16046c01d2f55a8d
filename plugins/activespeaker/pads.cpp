#include "plugins/activespeaker/pads.h"

#include <algorithm>
#include <string>
#include <utility>

#include "plugins/activespeaker/inputs.h"

using spacecast::OwnedString;
using spacecast::PadState;
using spacecast::StageInput;

// One object for all kinds of pads; which properties it has is a matter of its class.
struct SpacecastActiveSpeakerPad {
  GstPad parent;
  PadState* state;
  // Read under the object lock.
  char* speaker;
  char* label;
  gboolean active;
};
struct SpacecastActiveSpeakerPadClass {
  GstPadClass parent;
};
struct SpacecastActiveSpeakerAudioPad {
  SpacecastActiveSpeakerPad parent;
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
struct SpacecastActiveSpeakerScreenPad {
  SpacecastActiveSpeakerPad parent;
};
struct SpacecastActiveSpeakerScreenPadClass {
  SpacecastActiveSpeakerPadClass parent;
};

static GType spacecast_active_speaker_pad_get_type();
G_DEFINE_ABSTRACT_TYPE(SpacecastActiveSpeakerPad, spacecast_active_speaker_pad, GST_TYPE_PAD)
G_DEFINE_TYPE(SpacecastActiveSpeakerAudioPad, spacecast_active_speaker_audio_pad,
              spacecast_active_speaker_pad_get_type())
G_DEFINE_TYPE(SpacecastActiveSpeakerVideoPad, spacecast_active_speaker_video_pad,
              spacecast_active_speaker_pad_get_type())
G_DEFINE_TYPE(SpacecastActiveSpeakerScreenPad, spacecast_active_speaker_screen_pad,
              spacecast_active_speaker_pad_get_type())

namespace {

enum : guint { kPropSpeaker = 1, kPropLabel, kPropActive };

// What is painted is short; nobody's name may cost more than that to lay out.
constexpr glong kLabelCharacters = 64;

constexpr auto kReadWrite = GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);

SpacecastActiveSpeakerPad* self_of(gpointer pad) {
  return static_cast<SpacecastActiveSpeakerPad*>(pad);
}

// Valid UTF-8 in one line, of bounded length.
OwnedString bounded_label(const char* given) {
  const OwnedString valid(g_utf8_make_valid(given ? given : "", -1));
  OwnedString label(
      g_utf8_substring(valid.get(), 0, std::min(kLabelCharacters, g_utf8_strlen(valid.get(), -1))));
  for (char* c = label.get(); *c != '\0'; ++c) {
    if (g_ascii_iscntrl(*c)) *c = ' ';
  }
  return label;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  SpacecastActiveSpeakerPad* pad = self_of(object);
  PadState& state = *pad->state;
  switch (id) {
    case kPropSpeaker: {
      const char* given = g_value_get_string(value);
      GST_OBJECT_LOCK(pad);
      g_free(std::exchange(pad->speaker, g_strdup(given)));
      GST_OBJECT_UNLOCK(pad);
      state.stage->set_name(state.input.number, given ? given : std::to_string(state.input.number));
      break;
    }
    case kPropLabel: {
      OwnedString label = bounded_label(g_value_get_string(value));
      state.stage->set_label(state.input.number, label.get());
      GST_OBJECT_LOCK(pad);
      g_free(std::exchange(pad->label, label.release()));
      GST_OBJECT_UNLOCK(pad);
      break;
    }
    case kPropActive: {
      const gboolean active = g_value_get_boolean(value);
      GST_OBJECT_LOCK(pad);
      pad->active = active;
      GST_OBJECT_UNLOCK(pad);
      state.stage->set_active(state.input, active);
      break;
    }
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  SpacecastActiveSpeakerPad* pad = self_of(object);
  GST_OBJECT_LOCK(pad);
  switch (id) {
    case kPropSpeaker:
      if (pad->speaker) {
        g_value_set_string(value, pad->speaker);
      } else {
        g_value_take_string(value, g_strdup_printf("%u", pad->state->input.number));
      }
      break;
    case kPropLabel:
      g_value_set_string(value, pad->label ? pad->label : "");
      break;
    case kPropActive:
      g_value_set_boolean(value, pad->active);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(pad);
}

GObjectClass* install_property_functions(gpointer klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  return object_class;
}

void install_active(GObjectClass* object_class, const char* blurb) {
  g_object_class_install_property(
      object_class, kPropActive, g_param_spec_boolean("active", "Active", blurb, TRUE, kReadWrite));
}

StageInput::Kind kind_of(GType type) {
  if (type == spacecast_active_speaker_audio_pad_get_type()) return StageInput::Kind::kAudio;
  if (type == spacecast_active_speaker_video_pad_get_type()) return StageInput::Kind::kVideo;
  return StageInput::Kind::kScreen;
}

}  // namespace

static void spacecast_active_speaker_pad_init(SpacecastActiveSpeakerPad* pad) {
  pad->state = new PadState;
  pad->active = TRUE;
  gst_segment_init(&pad->state->segment, GST_FORMAT_UNDEFINED);
}

static void spacecast_active_speaker_pad_class_init(SpacecastActiveSpeakerPadClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = [](GObject* object) {
    SpacecastActiveSpeakerPad* pad = self_of(object);
    delete pad->state;
    g_free(pad->speaker);
    g_free(pad->label);
    G_OBJECT_CLASS(spacecast_active_speaker_pad_parent_class)->finalize(object);
  };
}

static void spacecast_active_speaker_audio_pad_init(SpacecastActiveSpeakerAudioPad*) {}

static void spacecast_active_speaker_audio_pad_class_init(
    SpacecastActiveSpeakerAudioPadClass* klass) {
  GObjectClass* object_class = install_property_functions(klass);
  g_object_class_install_property(
      object_class, kPropSpeaker,
      g_param_spec_string("speaker", "Speaker",
                          "What this slot's speaker is called in messages; the number of the pad "
                          "where nothing is set",
                          nullptr, kReadWrite));
  g_object_class_install_property(
      object_class, kPropLabel,
      g_param_spec_string("label", "Label",
                          "The name that the picture shows for this slot's speaker, of at most 64 "
                          "characters; empty: no label, and a card with what the speaker is called "
                          "in messages",
                          "", kReadWrite));
  install_active(object_class,
                 "Whether there is somebody in this slot. Where there is nobody, the slot is never "
                 "on air and its pictures are dropped; whoever comes next is somebody else");
}

static void spacecast_active_speaker_video_pad_init(SpacecastActiveSpeakerVideoPad*) {}

static void spacecast_active_speaker_video_pad_class_init(
    SpacecastActiveSpeakerVideoPadClass* klass) {
  install_active(install_property_functions(klass),
                 "Whether the camera is on. Where it is off, its frames are dropped and a card "
                 "stands for it at once");
}

static void spacecast_active_speaker_screen_pad_init(SpacecastActiveSpeakerScreenPad*) {}

static void spacecast_active_speaker_screen_pad_class_init(
    SpacecastActiveSpeakerScreenPadClass* klass) {
  install_active(install_property_functions(klass),
                 "Whether the screen is shared. Where it is not, its frames are dropped and it is "
                 "not shown any more");
}

namespace spacecast {

PadState& pad_state(gpointer pad) {
  return *self_of(pad)->state;
}

GstPad* new_stage_pad(GstPadTemplate* pad_template, const char* name, unsigned number,
                      std::shared_ptr<Stage> stage) {
  const GType type = GST_PAD_TEMPLATE_GTYPE(pad_template);
  auto* pad = static_cast<GstPad*>(g_object_new(type, "name", name, "direction", GST_PAD_SINK,
                                                "template", pad_template, nullptr));
  PadState& state = pad_state(pad);
  state.stage = std::move(stage);
  state.input.kind = kind_of(type);
  state.input.number = number;
  // Only now is it a sink pad: the direction is set after the instance was initialised.
  set_input_functions(pad, state.input.kind);
  state.stage->attach(state.input);
  return pad;
}

void detach_stage_pad(GstPad* pad) {
  PadState& state = pad_state(pad);
  state.stage->detach(state.input);
}

}  // namespace spacecast
