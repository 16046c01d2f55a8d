#include "gstx/bus.h"

#include <string>

namespace spacecast {
namespace {

gboolean dispatch(GstBus*, GstMessage* message, gpointer data) {
  (*static_cast<BusWatch::Handler*>(data))(message);
  return G_SOURCE_CONTINUE;
}

}  // namespace

BusWatch::BusWatch(GstElement* pipeline, const Loop& loop, Handler handler)
    : bus_(adopt(gst_element_get_bus(pipeline))) {
  source_ = adopt(gst_bus_create_watch(bus_.get()));
  // g_source_set_callback() takes any function type; GstBusFunc is what a bus source calls.
  g_source_set_callback(source_.get(), G_SOURCE_FUNC(dispatch), new Handler(std::move(handler)),
                        [](gpointer data) { delete static_cast<Handler*>(data); });
  g_source_attach(source_.get(), loop.context());
}

BusWatch& BusWatch::operator=(BusWatch&& other) noexcept {
  if (source_) g_source_destroy(source_.get());
  source_ = std::move(other.source_);
  bus_ = std::move(other.bus_);
  return *this;
}

BusWatch::~BusWatch() {
  if (!source_) return;
  g_source_destroy(source_.get());
  // What came too late is released with its references.
  gst_bus_set_flushing(bus_.get(), TRUE);
}

std::string describe_fault(GstMessage* message) {
  ErrorOut error;
  OwnedString debug;
  char* text = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, error.out(), &text);
  } else {
    gst_message_parse_warning(message, error.out(), &text);
  }
  debug.reset(text);
  std::string description = GST_MESSAGE_SRC_NAME(message);
  description += ": ";
  description += error.message();
  if (debug) description += std::string(" (") + debug.get() + ")";
  return description;
}

}  // namespace spacecast
