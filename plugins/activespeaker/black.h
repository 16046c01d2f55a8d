// A black picture in any raw format.
#pragma once

#include <gst/gst.h>

#include "gstx/ref.h"

namespace spacecast {

// `caps` are fixed raw video. Empty where the format cannot be converted to.
[[nodiscard]] Ref<GstBuffer> make_black(const GstCaps* caps);

}  // namespace spacecast
