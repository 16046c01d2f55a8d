// The element `llhlssink` (llhlssink.cpp says what it does). Reached by its factory name; this
// header is for the plugin's entry point.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "base/error.h"
#include "hls/store.h"

GST_ELEMENT_REGISTER_DECLARE(llhlssink)

GST_DEBUG_CATEGORY_EXTERN(spacecast_ll_hls_sink_debug);

namespace spacecast {

// Serves a presentation on 127.0.0.1 at that port for as long as the answer lives. The element
// cannot know the HTTP origin, which is layers above it; the plugin's entry point hands it in.
using ServeFunction = std::function<Result<std::shared_ptr<void>>(std::shared_ptr<hls::Store> store,
                                                                  std::uint16_t port)>;

// Once, before the first element is made.
void spacecast_ll_hls_sink_set_server(ServeFunction serve);

}  // namespace spacecast
