// Goal: a teardown that sticks is counted and holds up nobody. Method: an element whose way to NULL
// ends only when the test lets it.
#include "gstx/teardown.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

using namespace spacecast;
using namespace std::chrono_literals;

namespace {

std::atomic<bool> held = false;

struct StickyElement {
  GstElement element;
};
struct StickyElementClass {
  GstElementClass element_class;
};

GstStateChangeReturn change_state(GstElement*, GstStateChange change) {
  if (change == GST_STATE_CHANGE_READY_TO_NULL) held.wait(true);
  return GST_STATE_CHANGE_SUCCESS;
}

GType sticky_type() {
  static const GType type = [] {
    gst_init(nullptr, nullptr);
    const GTypeInfo info{.class_size = sizeof(StickyElementClass),
                         .class_init =
                             [](gpointer element_class, gpointer) {
                               GST_ELEMENT_CLASS(element_class)->change_state = change_state;
                             },
                         .instance_size = sizeof(StickyElement)};
    return g_type_register_static(GST_TYPE_ELEMENT, "StickyElement", &info, G_TYPE_FLAG_NONE);
  }();
  return type;
}

Ref<GstElement> ready(GType type) {
  const Ref<GstElement> element(GST_ELEMENT(g_object_new(type, nullptr)));
  REQUIRE(gst_element_set_state(element.get(), GST_STATE_READY) == GST_STATE_CHANGE_SUCCESS);
  return element;
}

}  // namespace

TEST_CASE("a teardown that sticks is counted and holds up no other") {
  const auto deadline = std::chrono::steady_clock::now() + 2 * Teardown::kDeadline;
  Teardown teardown;
  held = true;
  teardown.remove(ready(sticky_type()));
  teardown.remove(ready(GST_TYPE_PIPELINE));
  while (teardown.running() > 1 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  CHECK(teardown.running() == 1);
  CHECK(teardown.stuck() == 0);
  CHECK_FALSE(teardown.wait_idle(0ms));

  while (teardown.stuck() == 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(20ms);
  }
  CHECK(teardown.stuck() == 1);
  CHECK(teardown.running() == 1);

  held = false;
  held.notify_all();
  CHECK(teardown.wait_idle(5s));
  CHECK(teardown.running() == 0);
  CHECK(teardown.stuck() == 1);  // It is told also afterwards.
}
