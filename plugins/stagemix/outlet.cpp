#include "plugins/stagemix/outlet.h"

#include <utility>

#include "plugins/stagemix/stagemix.h"

using spacecast::Outlet;

struct SpacecastStageMixOutlet {
  GstPad parent;
  Outlet* outlet;
};
struct SpacecastStageMixOutletClass {
  GstPadClass parent;
};

G_DEFINE_TYPE(SpacecastStageMixOutlet, spacecast_stage_mix_outlet, GST_TYPE_PAD)

#define GST_CAT_DEFAULT spacecast_stage_mix_debug

namespace spacecast {

void Outlet::start() {
  {
    const MutexLock lock(mutex_);
    waiting_.clear();
    lost_ = finished_ = stopping_ = false;
  }
  opened_ = false;
  discont_ = true;
  flow_ = GST_FLOW_OK;
  gst_pad_start_task(pad_, run, this, nullptr);
}

void Outlet::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    waiting_.clear();
    changed_.notify_all();
  }
  gst_pad_stop_task(pad_);
}

void Outlet::send(Desk::Sound sound) {
  if (!gst_pad_is_linked(pad_)) return;
  const MutexLock lock(mutex_);
  if (stopping_ || finished_) return;
  if (waiting_.size() == kMaxWaiting) {
    waiting_.pop_front();
    lost_ = true;
  }
  waiting_.push_back(std::move(sound));
  changed_.notify_all();
}

void Outlet::finish() {
  const MutexLock lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

std::optional<Desk::Sound> Outlet::next() {
  const MutexLock lock(mutex_);
  while (waiting_.empty() && !finished_ && !stopping_) changed_.wait(mutex_);
  if (stopping_) return std::nullopt;
  if (waiting_.empty()) return Desk::Sound{};
  if (std::exchange(lost_, false)) discont_ = true;
  auto sound = std::move(waiting_.front());
  waiting_.pop_front();
  return sound;
}

void Outlet::iterate() {
  auto sound = next();
  if (!sound) {
    gst_pad_pause_task(pad_);
    return;
  }
  if (!std::exchange(opened_, true)) open();
  if (sound->buffer) {
    push(std::move(*sound));
  } else {
    end_of_stream();
  }
}

void Outlet::open() {
  // Not made from the inputs' ids: it is no one input's stream, and they come and go.
  const OwnedString id(g_strdup_printf("stagemix-%08x%08x", g_random_int(), g_random_int()));
  GstEvent* start = gst_event_new_stream_start(id.get());
  gst_event_set_group_id(start, gst_util_group_id_next());
  gst_pad_push_event(pad_, start);
  const auto caps = adopt(gst_caps_fixate(gst_pad_get_pad_template_caps(pad_)));
  gst_pad_push_event(pad_, gst_event_new_caps(caps.get()));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(pad_, gst_event_new_segment(&segment));
}

void Outlet::push(Desk::Sound sound) {
  if (shared_.exchange(sound.shared) != sound.shared) g_object_notify(G_OBJECT(pad_), "shared");
  auto buffer = std::move(sound.buffer);
  if (std::exchange(discont_, false)) {
    // Others have the same buffer; the memory stays shared.
    buffer = adopt(gst_buffer_make_writable(buffer.leak()));
    GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
  }
  judge(gst_pad_push(pad_, buffer.leak()));
}

void Outlet::judge(GstFlowReturn flow) {
  if (flow != GST_FLOW_OK) discont_ = true;
  if (std::exchange(flow_, flow) != flow) {
    GST_INFO_OBJECT(pad_, "downstream: %s", gst_flow_get_name(flow));
  }
  if (slot_ || (flow != GST_FLOW_NOT_LINKED && flow >= GST_FLOW_EOS)) return;
  if (const auto element = adopt(gst_pad_get_parent_element(pad_))) {
    GST_ELEMENT_FLOW_ERROR(element.get(), flow);
  }
  end_of_stream();
}

void Outlet::end_of_stream() {
  gst_pad_push_event(pad_, gst_event_new_eos());
  gst_pad_pause_task(pad_);
}

}  // namespace spacecast

namespace {

enum : guint { kPropShared = 1 };

Outlet* get_outlet(gpointer pad) {
  return static_cast<SpacecastStageMixOutlet*>(pad)->outlet;
}

gboolean activate_mode(GstPad* pad, GstObject*, GstPadMode mode, gboolean active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  active ? get_outlet(pad)->start() : get_outlet(pad)->stop();
  return TRUE;
}

}  // namespace

static void spacecast_stage_mix_outlet_init(SpacecastStageMixOutlet*) {}

static void spacecast_stage_mix_outlet_class_init(SpacecastStageMixOutletClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->get_property = [](GObject* object, guint id, GValue* value, GParamSpec* spec) {
    if (id == kPropShared) {
      g_value_set_boolean(value, get_outlet(object)->shared());
    } else {
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
  };
  object_class->finalize = [](GObject* object) {
    delete get_outlet(object);
    G_OBJECT_CLASS(spacecast_stage_mix_outlet_parent_class)->finalize(object);
  };
  g_object_class_install_property(
      object_class, kPropShared,
      g_param_spec_boolean(
          "shared", "Shared",
          "Whether what this pad sends is what src sends, so that an encoder may be shared. Its "
          "notification comes from the pad's streaming thread, before the first buffer of the kind",
          TRUE, GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

namespace spacecast {

GstPad* new_outlet_pad(GstPadTemplate* pad_template, const char* name,
                       std::optional<unsigned> slot) {
  auto* pad = static_cast<GstPad*>(g_object_new(spacecast_stage_mix_outlet_get_type(), "name", name,
                                                "direction", GST_PAD_SRC, "template", pad_template,
                                                nullptr));
  reinterpret_cast<SpacecastStageMixOutlet*>(pad)->outlet = new Outlet(pad, slot);
  gst_pad_set_activatemode_function(pad, activate_mode);
  gst_pad_use_fixed_caps(pad);
  return pad;
}

Outlet& outlet_of(GstPad* pad) {
  return *get_outlet(pad);
}

}  // namespace spacecast
