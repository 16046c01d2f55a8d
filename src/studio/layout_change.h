// The body of PATCH api/layout. Pure; any thread.
#pragma once

#include <string_view>

#include "base/error.h"
#include "layout/director.h"

namespace spacecast::studio {

// {"layout":"speaker"} or {"layout":"gallery"}, and nothing else. At most kChangeBytesMax.
[[nodiscard]] Result<layout::Mode> read_layout_change(std::string_view json);

}  // namespace spacecast::studio
