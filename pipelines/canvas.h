// The size of the program's picture. A description says it once, in the caps filter `canvas` behind
// `stage`; whoever runs the description may ask for another, upright ones included.
#pragma once

#include <gst/gst.h>

#include <string_view>

#include "base/error.h"

namespace spacecast {

struct Size {
  int width = 0, height = 0;
  bool operator==(const Size&) const = default;
};

// "1280x720": even numbers (I420 has one sample of colour for two pixels) from 160 to 1920. Fails
// with kInvalidArgument, saying what is allowed.
[[nodiscard]] Result<Size> parse_size(std::string_view text);

// For a pipeline in state NULL. Fails with kInvalidArgument where it has no `canvas`.
[[nodiscard]] Result<void> set_canvas(GstBin* pipeline, Size size);

}  // namespace spacecast
