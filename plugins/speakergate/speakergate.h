// The element `speakergate` (speakergate.cpp says what it does). Reached by its factory name; this
// header is for the plugin's entry point.
#pragma once

#include <gst/gst.h>

GST_ELEMENT_REGISTER_DECLARE(speakergate)
