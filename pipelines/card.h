// The card that stands in for a camera: a person's initials and name, drawn once with Pango (any
// script) into a raw I420 frame. Pure drawing; any thread.
#pragma once

#include <string>

#include "gstx/ref.h"

namespace spacecast {

// A sample of one I420 frame without timestamps. `name` is UTF-8, already bounded (base/ids.h).
[[nodiscard]] Ref<GstSample> render_card(const std::string& name, int width, int height);

// Up to two initials, upper case where the script has one: "Ada Lovelace" → "AL", "李小龍" → "李".
[[nodiscard]] std::string initials(const std::string& name);

}  // namespace spacecast
