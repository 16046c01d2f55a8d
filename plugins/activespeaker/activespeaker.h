// The element `activespeaker` (activespeaker.cpp says what it does). Reached by its factory name;
// this header is for the plugin's entry point and for the element's own files.
#pragma once

#include <gst/gst.h>

GST_ELEMENT_REGISTER_DECLARE(activespeaker)

GST_DEBUG_CATEGORY_EXTERN(spacecast_active_speaker_debug);
