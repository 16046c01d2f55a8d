#include "gstx/store_value.h"

#include <utility>

namespace spacecast {
namespace {

using Boxed = std::shared_ptr<hls::Store>;

gpointer copy_boxed(gpointer boxed) {
  return new Boxed(*static_cast<Boxed*>(boxed));
}
void free_boxed(gpointer boxed) {
  delete static_cast<Boxed*>(boxed);
}

}  // namespace

GType store_get_type() {
  // g_boxed_type_register_static() is called once: a local static's initialiser.
  static const GType type = g_boxed_type_register_static("SpacecastStore", copy_boxed, free_boxed);
  return type;
}

std::shared_ptr<hls::Store> store_from_value(const GValue* value) {
  const auto* boxed = static_cast<const Boxed*>(g_value_get_boxed(value));
  return boxed ? *boxed : nullptr;
}

void store_to_value(GValue* value, std::shared_ptr<hls::Store> store) {
  if (store) {
    g_value_take_boxed(value, new Boxed(std::move(store)));
  } else {
    g_value_set_boxed(value, nullptr);
  }
}

void set_store(gpointer object, std::shared_ptr<hls::Store> store) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, store_get_type());
  store_to_value(&value, std::move(store));
  g_object_set_property(G_OBJECT(object), "store", &value);
  g_value_unset(&value);
}

std::shared_ptr<hls::Store> get_store(gpointer object) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, store_get_type());
  g_object_get_property(G_OBJECT(object), "store", &value);
  auto store = store_from_value(&value);
  g_value_unset(&value);
  return store;
}

}  // namespace spacecast
