// llhlssink: H.264 and AAC in, low-latency HLS (RFC 8216bis) out.
//
// Every request pad is one rendition: video_N the picture v<N>, audio_N the sound a<N>. Their
// frames are cut into parts and segments on the encoders' timestamps and published into a store.
// The store is served (`http-port`), written to files (`location`), or read by the program around
// it (`store`); all of these at once work too.
//
// The element packages what comes when it comes: it needs no preroll and does not wait for the
// clock. Pace is the sources' business; a pipeline that is to be watched while it runs has live
// sources, or `clocksync` behind those that are not.
//
// The encoder should make constant-rate H.264 and answer force-key-unit events: the element asks
// for an IDR at the start of every segment. Where an encoder changes in mid-stream (its size, its
// parameter sets) all renditions go on behind a discontinuity.
//
// Where live sources stall, one or all of them, GAP parts keep the playlists going, and media goes
// on with the next IDR, which is asked for at once. Sources that are not live are waited for.
//
// With `location` the very bytes that are served are written to files too: those of the window, or
// with `archive` all of them. A recording that was cut off is gone on with behind a discontinuity
// by the next run on the same location. Faults of the disk are warnings; live goes on.
//
// A flush keeps what was published; frames from before its end are then dropped.
//
// Messages on the bus (element messages):
//   serving  url (string): what a player plays. Posted when `http-port` listens.
//
// Example: a test picture and a tone, for any HLS player at http://127.0.0.1:8088/master.m3u8
//
//   gst-launch-1.0 llhlssink name=hls http-port=8088
//     videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=30/1
//       ! x264enc tune=zerolatency key-int-max=30 ! hls.video_0
//     audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2
//       ! avenc_aac ! aacparse ! hls.audio_0
#include "plugins/llhlssink/llhlssink.h"

#include <string>
#include <string_view>
#include <utility>

#include "gstx/ref.h"
#include "gstx/request_pad.h"
#include "gstx/store_value.h"
#include "plugins/llhlssink/sink.h"

GST_DEBUG_CATEGORY(spacecast_ll_hls_sink_debug);
#define GST_CAT_DEFAULT spacecast_ll_hls_sink_debug

using spacecast::adopt;
using spacecast::MediaTime;
using spacecast::Result;
using spacecast::Sink;
using spacecast::hls::MediaKind;

struct SpacecastLlHlsSink {
  GstElement parent;
  Sink* sink;
  Sink::Settings* settings;  // What properties say; guarded by the object lock.
};
struct SpacecastLlHlsSinkClass {
  GstElementClass parent;
};

static GType spacecast_ll_hls_sink_get_type();
G_DEFINE_TYPE(SpacecastLlHlsSink, spacecast_ll_hls_sink, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE(llhlssink, "llhlssink", GST_RANK_NONE, spacecast_ll_hls_sink_get_type())

namespace {

enum : guint {
  kPropTargetDuration = 1,
  kPropPartTarget,
  kPropWindow,
  kPropLocation,
  kPropArchive,
  kPropHttpPort,
  kPropStore,
  kPropAudioEncoderDelay,
};

GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE(
    "video_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS("video/x-h264, stream-format=(string)avc, alignment=(string)au"));
GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE(
    "audio_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS("audio/mpeg, mpegversion=(int)4, stream-format=(string)raw"));

SpacecastLlHlsSink* self_of(gpointer element) {
  return static_cast<SpacecastLlHlsSink*>(element);
}

spacecast::ServeFunction& server_hook() {
  static spacecast::ServeFunction hook;
  return hook;
}

// --- Pads ---------------------------------------------------------------------------------------

GstPad* request_new_pad(GstElement* element, GstPadTemplate* pad_template, const char* requested,
                        const GstCaps*) {
  const bool video = std::string_view(GST_PAD_TEMPLATE_NAME_TEMPLATE(pad_template)) == "video_%u";
  const auto named = spacecast::new_request_pad(element, pad_template, requested);
  if (!named) {
    GST_WARNING_OBJECT(element, "'%s' is no free pad of ours", requested);
    return nullptr;
  }
  GstPad* pad = gst_pad_new_from_template(pad_template, named->name.c_str());
  gst_pad_set_chain_function(pad, [](GstPad* self, GstObject* parent, GstBuffer* buffer) {
    return self_of(parent)->sink->chain(self, buffer);
  });
  gst_pad_set_event_function(pad, [](GstPad* self, GstObject* parent, GstEvent* event) {
    return self_of(parent)->sink->event(self, event);
  });
  self_of(element)->sink->add_pad(pad, video ? MediaKind::kVideo : MediaKind::kAudio,
                                  named->number);
  gst_pad_set_active(pad, TRUE);
  gst_element_add_pad(element, pad);
  return pad;
}

void release_pad(GstElement* element, GstPad* pad) {
  // A frame that waits for the other pads would keep the pad's thread from ending.
  self_of(element)->sink->release(pad);
  gst_pad_set_active(pad, FALSE);
  self_of(element)->sink->remove_pad(pad);
  gst_element_remove_pad(element, pad);
}

// --- Element ------------------------------------------------------------------------------------

Result<void> open(SpacecastLlHlsSink* self) {
  GST_OBJECT_LOCK(self);
  Sink::Settings settings = *self->settings;
  GST_OBJECT_UNLOCK(self);
  return self->sink->open(std::move(settings));
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  SpacecastLlHlsSink* self = self_of(element);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    if (auto opened = open(self); !opened) {
      GST_ELEMENT_ERROR(element, RESOURCE, OPEN_WRITE, ("%s", opened.error().message.c_str()),
                        (nullptr));
      return GST_STATE_CHANGE_FAILURE;
    }
  }
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED) self->sink->pause();
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) self->sink->interrupt();
  const auto result =
      GST_ELEMENT_CLASS(spacecast_ll_hls_sink_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING) self->sink->play();
  const bool opened_in_vain =
      transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY || opened_in_vain) self->sink->close();
  return result;
}

// The inputs' latencies together: live where one is, and as late as the latest.
gboolean answer_latency(GstElement* element, GstQuery* query) {
  gboolean any_live = FALSE;
  GstClockTime least = 0, most = GST_CLOCK_TIME_NONE;
  GstIterator* pads = gst_element_iterate_sink_pads(element);
  GValue item = G_VALUE_INIT;
  while (gst_iterator_next(pads, &item) == GST_ITERATOR_OK) {
    GstQuery* peer = gst_query_new_latency();
    if (gst_pad_peer_query(GST_PAD(g_value_get_object(&item)), peer)) {
      gboolean live = FALSE;
      GstClockTime min = 0, max = GST_CLOCK_TIME_NONE;
      gst_query_parse_latency(peer, &live, &min, &max);
      if (live) {
        any_live = TRUE;
        least = MAX(least, min);
        // GST_CLOCK_TIME_NONE, no limit, is the largest number.
        most = MIN(most, max);
      }
    }
    gst_query_unref(peer);
    g_value_reset(&item);
  }
  g_value_unset(&item);
  gst_iterator_free(pads);
  gst_query_set_latency(query, any_live, least, most);
  return TRUE;
}

gboolean query(GstElement* element, GstQuery* query) {
  if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) return answer_latency(element, query);
  return GST_ELEMENT_CLASS(spacecast_ll_hls_sink_parent_class)->query(element, query);
}

// --- Properties ---------------------------------------------------------------------------------

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  SpacecastLlHlsSink* self = self_of(object);
  GST_OBJECT_LOCK(self);
  Sink::Settings& settings = *self->settings;
  switch (id) {
    case kPropTargetDuration:
      settings.config.target_duration_s = g_value_get_uint(value);
      break;
    case kPropPartTarget:
      settings.config.part_target =
          MediaTime(static_cast<MediaTime::rep>(g_value_get_uint64(value)));
      break;
    case kPropWindow:
      settings.config.window_segments = g_value_get_uint(value);
      break;
    case kPropLocation:
      settings.location = g_value_get_string(value) ? g_value_get_string(value) : "";
      break;
    case kPropArchive:
      settings.archive = g_value_get_boolean(value) != FALSE;
      break;
    case kPropHttpPort:
      settings.http_port = static_cast<std::uint16_t>(g_value_get_uint(value));
      break;
    case kPropStore:
      settings.store = spacecast::store_from_value(value);
      break;
    case kPropAudioEncoderDelay:
      settings.encoder_delay = g_value_get_uint(value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  SpacecastLlHlsSink* self = self_of(object);
  const auto running = self->sink->store();
  GST_OBJECT_LOCK(self);
  const Sink::Settings& settings = *self->settings;
  switch (id) {
    case kPropTargetDuration:
      g_value_set_uint(value, settings.config.target_duration_s);
      break;
    case kPropPartTarget:
      g_value_set_uint64(value, static_cast<guint64>(settings.config.part_target.count()));
      break;
    case kPropWindow:
      g_value_set_uint(value, settings.config.window_segments);
      break;
    case kPropLocation:
      g_value_set_string(value, settings.location.c_str());
      break;
    case kPropArchive:
      g_value_set_boolean(value, settings.archive);
      break;
    case kPropHttpPort:
      g_value_set_uint(value, settings.http_port);
      break;
    case kPropStore:
      spacecast::store_to_value(value, running ? running : settings.store);
      break;
    case kPropAudioEncoderDelay:
      g_value_set_uint(value, settings.encoder_delay);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

void install_properties(GObjectClass* klass) {
  const auto ready =
      GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  const Sink::Settings defaults;
  g_object_class_install_property(
      klass, kPropTargetDuration,
      g_param_spec_uint("target-duration", "Target duration",
                        "How long a segment is, in seconds; no segment is half a second longer.", 1,
                        60, defaults.config.target_duration_s, ready));
  g_object_class_install_property(
      klass, kPropPartTarget,
      g_param_spec_uint64(
          "part-target", "Part target",
          "The longest that a part may be, in ns: whole milliseconds, at most half the target "
          "duration. A little above a whole number of frames wastes least.",
          100 * GST_MSECOND, 5 * GST_SECOND,
          static_cast<guint64>(defaults.config.part_target.count()), ready));
  g_object_class_install_property(
      klass, kPropWindow,
      g_param_spec_uint("window", "Window", "How many complete segments a live playlist lists.", 6,
                        5400, defaults.config.window_segments, ready));
  g_object_class_install_property(
      klass, kPropLocation,
      g_param_spec_string("location", "Location",
                          "The directory that the presentation is written to, made where it does "
                          "not exist. What leaves the window is removed from it. Nothing is "
                          "written where this is not set.",
                          nullptr, ready));
  g_object_class_install_property(
      klass, kPropArchive,
      g_param_spec_boolean("archive", "Archive",
                           "Keep everything below location, as a recording that can be gone on "
                           "with after a crash and is VOD at the end.",
                           defaults.archive, ready));
  g_object_class_install_property(
      klass, kPropHttpPort,
      g_param_spec_uint("http-port", "HTTP port",
                        "The port on 127.0.0.1 at which the presentation is served as "
                        "/master.m3u8. Nothing is served where this is 0.",
                        0, 65535, defaults.http_port, ready));
  g_object_class_install_property(
      klass, kPropStore,
      g_param_spec_boxed("store", "Store",
                         "The store that is published into, for a program that reads it. Where "
                         "none is set the element makes its own with the properties here.",
                         spacecast::store_get_type(), ready));
  g_object_class_install_property(
      klass, kPropAudioEncoderDelay,
      g_param_spec_uint(
          "audio-encoder-delay", "Audio encoder delay",
          "How many samples of silence the AAC encoder puts in front without saying so in its "
          "timestamps: sound is moved forward by that much. It is 1024 for avenc_aac; 0 is right "
          "for an encoder whose timestamps account for it.",
          0, 8192, defaults.encoder_delay, ready));
}

}  // namespace

static void spacecast_ll_hls_sink_class_init(SpacecastLlHlsSinkClass* klass) {
  GST_DEBUG_CATEGORY_INIT(spacecast_ll_hls_sink_debug, "llhlssink", 0, "Low-latency HLS sink");
  auto* object = G_OBJECT_CLASS(klass);
  object->set_property = set_property;
  object->get_property = get_property;
  object->finalize = [](GObject* self) {
    delete self_of(self)->sink;
    delete self_of(self)->settings;
    G_OBJECT_CLASS(spacecast_ll_hls_sink_parent_class)->finalize(self);
  };
  install_properties(object);
  auto* element = GST_ELEMENT_CLASS(klass);
  element->request_new_pad = request_new_pad;
  element->release_pad = release_pad;
  element->change_state = change_state;
  element->query = query;
  gst_element_class_add_static_pad_template(element, &video_template);
  gst_element_class_add_static_pad_template(element, &audio_template);
  gst_element_class_set_static_metadata(
      element, "Low-latency HLS sink", "Sink/Network/File",
      "Packages H.264 and AAC as low-latency HLS (CMAF), served by itself or written to files",
      "The Spacecast authors");
}

static void spacecast_ll_hls_sink_init(SpacecastLlHlsSink* self) {
  GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SINK);
  self->sink = new Sink(GST_ELEMENT(self));
  self->settings = new Sink::Settings;
}

void spacecast::spacecast_ll_hls_sink_set_server(ServeFunction serve_function) {
  server_hook() = std::move(serve_function);
}

Result<std::shared_ptr<void>> spacecast::serve(std::shared_ptr<hls::Store> store,
                                               std::uint16_t port) {
  if (!server_hook()) return fail(ErrorCode::kUnsupported, "http-port: there is no HTTP server");
  return server_hook()(std::move(store), port);
}
