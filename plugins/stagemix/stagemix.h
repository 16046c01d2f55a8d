// The element `stagemix` (stagemix.cpp says what it does). Reached by its factory name; this header
// is for the plugin's entry point and for the element's own files.
#pragma once

#include <gst/gst.h>

GST_ELEMENT_REGISTER_DECLARE(stagemix)

GST_DEBUG_CATEGORY_EXTERN(spacecast_stage_mix_debug);
