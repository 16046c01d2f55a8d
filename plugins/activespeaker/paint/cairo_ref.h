// Ref<T> for cairo.
#pragma once

#include <cairo.h>

#include "glibx/ref.h"

namespace spacecast {

SPACECAST_REF_TRAITS(cairo_surface_t, cairo_surface_reference, cairo_surface_destroy);
SPACECAST_REF_TRAITS(cairo_t, cairo_reference, cairo_destroy);

}  // namespace spacecast
