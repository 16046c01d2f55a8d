// A store as a GObject property: llhlssink's `store` is a boxed value that holds a
// std::shared_ptr<hls::Store>, so that the worker reads the very store the element publishes into.
#pragma once

#include <glib-object.h>

#include <memory>

#include "hls/store.h"

namespace spacecast {

// The boxed type "SpacecastStore". Its boxed pointer is a std::shared_ptr<hls::Store>*; a copy of
// the value is one more reference to the same store.
[[nodiscard]] GType store_get_type();

// The store in a value of that type; null where it holds none.
[[nodiscard]] std::shared_ptr<hls::Store> store_from_value(const GValue* value);
void store_to_value(GValue* value, std::shared_ptr<hls::Store> store);

// Sets and reads `object`'s property "store".
void set_store(gpointer object, std::shared_ptr<hls::Store> store);
[[nodiscard]] std::shared_ptr<hls::Store> get_store(gpointer object);

}  // namespace spacecast
