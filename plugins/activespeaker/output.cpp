#include "plugins/activespeaker/output.h"

#include <string>
#include <utility>

#include "plugins/activespeaker/activespeaker.h"

#define GST_CAT_DEFAULT spacecast_active_speaker_debug

namespace spacecast {

namespace {

guint64 nanoseconds(MediaTime time) {
  return static_cast<guint64>(time.count());
}

}  // namespace

Output::Output(GstElement* element, GstPad* src, std::shared_ptr<Stage> stage)
    : element_(element), src_(src), stage_(std::move(stage)), clock_(element) {}

void Output::reset(GstClockTime lookahead, GstClockTime allowance) {
  clock_.reset(lookahead + allowance);
  position_ = 0;
  opened_ = segment_sent_ = false;
  first_ = discont_ = true;
  next_ = 0;
  skipped_ = 0;
  canvas_.reset();
}

void Output::start() {
  clock_.start();
  gst_pad_start_task(src_, run, this, nullptr);
}

void Output::stop() {
  clock_.stop();
  gst_pad_stop_task(src_);
}

void Output::iterate() {
  if (!clock_.wait_until_playing()) {
    gst_pad_pause_task(src_);
    return;
  }
  if (!std::exchange(opened_, true)) open();
  const auto clock = adopt(gst_element_get_clock(element_));
  if (!clock) {
    GST_ELEMENT_ERROR(element_, CORE, CLOCK, (nullptr), ("activespeaker needs a pipeline's clock"));
    fail(GST_FLOW_FLUSHING);
    return;
  }
  const auto due_until = clock_.wait(clock.get(), ticks_.time(next_));
  if (!due_until) return;
  // Only now, so that the first picture suits what downstream wants when it comes.
  if ((gst_pad_check_reconfigure(src_) || !canvas_) && !negotiate()) {
    fail(GST_FLOW_NOT_NEGOTIATED);
    return;
  }
  catch_up(*due_until);
  const GstClockTime pts = ticks_.time(next_);
  if (at_end(pts)) {
    end_of_stream();
    return;
  }
  const Stage::Moment moment = stage_->tick(pts, ticks_.duration(next_));
  announce(moment);
  const GstFlowReturn flow = push(moment, pts);
  if (flow != GST_FLOW_OK) fail(flow);
}

void Output::open() {
  // Not made from the inputs' ids: it is no one input's stream, and they come and go.
  const OwnedString id(g_strdup_printf("activespeaker-%08x%08x", g_random_int(), g_random_int()));
  GstEvent* start = gst_event_new_stream_start(id.get());
  gst_event_set_group_id(start, gst_util_group_id_next());
  gst_pad_push_event(src_, start);
  // Also where nobody downstream asked for the latency.
  clock_.query_latency();
}

// Learns what canvas downstream wants, and at what rate.
bool Output::negotiate() {
  const auto own = adopt(gst_pad_get_pad_template_caps(src_));
  auto caps = adopt(gst_pad_peer_query_caps(src_, own.get()));
  if (gst_caps_is_empty(caps.get())) return false;
  caps = adopt(gst_caps_truncate(caps.leak()));
  caps = adopt(gst_caps_make_writable(caps.leak()));
  GstStructure* structure = gst_caps_get_structure(caps.get(), 0);
  gst_structure_fixate_field_string(structure, "format", "I420");
  gst_structure_fixate_field_nearest_int(structure, "width", 1280);
  gst_structure_fixate_field_nearest_int(structure, "height", 720);
  if (gst_structure_has_field(structure, "pixel-aspect-ratio")) {
    gst_structure_fixate_field_nearest_fraction(structure, "pixel-aspect-ratio", 1, 1);
  } else {
    gst_structure_set(structure, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, nullptr);
  }
  gst_structure_fixate_field_nearest_fraction(structure, "framerate", 30, 1);
  // Ticks cannot change their rate once there was one.
  if (!segment_sent_) {
    gint rate_n = 0;
    gint rate_d = 1;
    gst_structure_get_fraction(structure, "framerate", &rate_n, &rate_d);
    // A variable rate (0/1) leaves the choice to us.
    ticks_ = rate_n > 0 ? Ticks{rate_n, rate_d} : Ticks{};
  }
  gst_structure_set(structure, "framerate", GST_TYPE_FRACTION, ticks_.rate_n, ticks_.rate_d,
                    nullptr);
  caps = adopt(gst_caps_fixate(caps.leak()));
  if (canvas_ && gst_caps_is_equal(canvas_.get(), caps.get())) return true;
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps.get()) || !painter_.set_canvas(info)) return false;
  stage_->set_aspect(static_cast<double>(info.width) / info.height);
  canvas_ = std::move(caps);
  // Where downstream refuses, the push that follows says so.
  gst_pad_push_event(src_, gst_event_new_caps(canvas_.get()));
  return true;
}

void Output::catch_up(GstClockTime due_until) {
  const bool first = std::exchange(first_, false);
  const guint64 due = ticks_.at(due_until);
  if (due <= next_ || ticks_.time(due) - ticks_.time(next_) <= TickClock::kMaxBehind) return;
  // An element that starts in a pipeline that has been running does not lag.
  if (!first) skipped_ += due - next_;
  GST_INFO_OBJECT(element_, "tick %" G_GUINT64_FORMAT " follows %" G_GUINT64_FORMAT, due, next_);
  next_ = due;
  discont_ = true;
}

bool Output::at_end(GstClockTime pts) {
  const auto inputs = stage_->end_of_inputs();
  return clock_.finished(pts) || (inputs && pts >= *inputs);
}

void Output::announce(const Stage::Moment& moment) {
  for (const Stage::Cut& cut : moment.cuts) announce_cut("active-speaker", cut);
  if (moment.on_air) announce_cut("on-air", *moment.on_air);
  if (moment.talking) announce_names("talking", *moment.talking);
  if (moment.watch) announce_names("watch", *moment.watch);
}

void Output::announce_cut(const char* message, const Stage::Cut& cut) {
  const auto& [speaker, decision] = cut;
  const std::string reason(to_string(decision.reason));
  GST_INFO_OBJECT(element_, "%s: '%s' (%s)", message, speaker.c_str(), reason.c_str());
  GstStructure* structure = gst_structure_new(
      message, "speaker", G_TYPE_STRING, speaker.c_str(), "onset", G_TYPE_UINT64,
      nanoseconds(decision.onset), "decided", G_TYPE_UINT64, nanoseconds(decision.decided), "cut",
      G_TYPE_UINT64, nanoseconds(decision.cut), "reason", G_TYPE_STRING, reason.c_str(), nullptr);
  gst_element_post_message(element_, gst_message_new_element(GST_OBJECT(element_), structure));
}

void Output::announce_names(const char* message, const std::vector<std::string>& names) {
  GValue array = G_VALUE_INIT;
  gst_value_array_init(&array, static_cast<guint>(names.size()));
  for (const std::string& name : names) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, G_TYPE_STRING);
    g_value_set_string(&value, name.c_str());
    gst_value_array_append_and_take_value(&array, &value);
  }
  GstStructure* structure = gst_structure_new_empty(message);
  gst_structure_take_value(structure, "speakers", &array);
  gst_element_post_message(element_, gst_message_new_element(GST_OBJECT(element_), structure));
}

Ref<GstBuffer> Output::paint(const Stage::Moment& moment) {
  using Content = layout::Tile::Content;
  const auto find = [&moment](unsigned slot, bool screen) -> const Stage::Sight* {
    for (const Stage::Sight& sight : moment.sights) {
      if (sight.slot == slot && sight.screen == screen) return &sight;
    }
    return nullptr;
  };
  return painter_.paint(moment.scene,
                        {.picture = [&find](unsigned slot, Content content) -> const Frame* {
                           const Stage::Sight* sight = find(slot, content == Content::kScreen);
                           return sight && sight->picture ? &*sight->picture : nullptr;
                         },
                         .name = [&find](unsigned slot) -> std::string {
                           const Stage::Sight* sight = find(slot, false);
                           return sight ? sight->name : std::string();
                         }});
}

GstFlowReturn Output::push(const Stage::Moment& moment, GstClockTime pts) {
  const auto picture = paint(moment);
  if (!std::exchange(segment_sent_, true)) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(src_, gst_event_new_segment(&segment));
  }
  // The memory may be a camera's own; only the timestamps are this tick's.
  auto buffer = adopt(gst_buffer_copy(picture.get()));
  GST_BUFFER_PTS(buffer.get()) = pts;
  GST_BUFFER_DTS(buffer.get()) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION(buffer.get()) = ticks_.duration(next_);
  GST_BUFFER_OFFSET(buffer.get()) = next_;
  GST_BUFFER_OFFSET_END(buffer.get()) = next_ + 1;
  GST_BUFFER_FLAG_UNSET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
  if (std::exchange(discont_, false)) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
  ++next_;
  position_ = pts;
  return gst_pad_push(src_, buffer.leak());
}

void Output::end_of_stream() {
  GST_INFO_OBJECT(element_, "end of stream after %" G_GUINT64_FORMAT " ticks", next_);
  stage_->end();
  gst_pad_push_event(src_, gst_event_new_eos());
  gst_pad_pause_task(src_);
}

void Output::fail(GstFlowReturn flow) {
  GST_INFO_OBJECT(element_, "stops: %s", gst_flow_get_name(flow));
  if (flow != GST_FLOW_FLUSHING) stage_->end();
  if (flow == GST_FLOW_NOT_LINKED || flow < GST_FLOW_EOS) {
    GST_ELEMENT_FLOW_ERROR(element_, flow);
    gst_pad_push_event(src_, gst_event_new_eos());
  }
  gst_pad_pause_task(src_);
}

}  // namespace spacecast
